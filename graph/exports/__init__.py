"""The machinery of all exports: jobs in PostgreSQL that write files to S3, and a signed manifest last.

jobs.py        jobs in PostgreSQL: claim, renew, requeue, cancel, expire
runner.py      claims one job after another in the background, and deletes the files of those that ended
objects.py     the files in S3; keys.py signs manifests, manifest.py writes them
routes.py      what the routes of all kinds share; openapi.py describes them

`graph/audit/exports` and `graph/rest/exports` are the two kinds: the regulator's facts, and the results of queries.
"""
