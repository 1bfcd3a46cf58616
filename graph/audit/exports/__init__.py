"""Slices of facts too large for pages, written as Parquet to S3 in the background, with a signed manifest.

exports.py     what a caller asks, behind routes.py; jobs.py keeps it in PostgreSQL
runner.py      claims one export after another; writer.py writes it, from where it was left
warehouse.py   ClickHouse writes and reads back files; objects.py is S3 as we see it; manifest.py and keys.py prove it
"""
