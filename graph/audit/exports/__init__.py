"""Exports: facts too many for pages, written to S3 as Parquet in the background, with a signed manifest.

routes.py      the HTTP routes; request.py parses, exports.py answers a caller, answers.py has the answers
jobs.py        exports in PostgreSQL; writer.py writes one, from where it was interrupted
slices.py      divides an export into files; statements.py selects their rows
warehouse.py   ClickHouse writes files and reads them back; manifest.py proves the files

`graph/exports` has what all exports share.
"""
