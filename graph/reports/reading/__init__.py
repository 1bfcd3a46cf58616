"""The read path of reports: one snapshot of PostgreSQL and of the archive in ClickHouse per report.

In reading order:

1. `reader`: `Reader.read` runs a report on a snapshot. `concurrency` limits how many reports read at once.
2. `versions`: each snapshot begins with the version of each day. A cached value is valid only at the same version.
   `states`: what an answer's validator is made of.
3. `rows`: a `Selection` says which rows a report needs. Its statement (sql/cells.sql) returns them by column.
4. `archive`: the same rows for days that have moved to ClickHouse.
5. `cells`: a row becomes a `Cell`; the cells of a slice add up to `SliceTotals`.
6. `snapshot`: what a report reads. It takes totals from the `cache` and reads those that are missing.
7. `active`: counts active accounts, as unions of bit sets.
8. `as_of`: what closed days said at an earlier instant, in place of 3 and 7.
9. `prepare`: runs the statements once on a new connection, before the first report.
"""
