"""The commands of `anlyt`, one file per command: each opens connections and passes them to the packages.

`dev` runs all of the service, on the engines of `dev_engines`. `migrate`, `ingest`, `schedule`, `api` and `audit_api`
are for production. `events`, `publish`, `deadletters`, `backfill` and `audit_verify` end by themselves.

`cli/` declares the commands with their options; `support/` has the parts that several commands share.
"""
