"""Exports of queries: results past the row cap, written to S3 in the background, in the caller's scope.

routes.py      the HTTP routes; request.py parses, exports.py answers a caller, answers.py has the answers
jobs.py        exports in PostgreSQL; limits.py says how many a tenant may have
writer.py      writes one export, from its beginning: rows of `graph/dsl/extracts.py`, files of `graph/dsl/files.py`
manifest.py    lists the files

`graph/exports` has what all exports share.
"""
