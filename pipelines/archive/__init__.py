"""Transfers days that PostgreSQL no longer keeps to ClickHouse: writes them, reads them back, and only then drops them.

In reading order: `days` (which days), `rows` (the rows of both stores), `transfer` (the procedure), then `nodes`,
`datasets` and `pipeline`.
"""
