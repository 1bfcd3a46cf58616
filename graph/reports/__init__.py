"""The reports: typed answers, read in one snapshot and only with a Scope.

In reading order: `windows`, `answers`, `metrics` and `latency` are values; `summary` and `figures` are the way of a
report from its question to its answer, and `reading` is what they read by. Then a file for each report: `operator`,
`account`, `throughput`, `breakdown`, `top_operators` (with `ranking`), `trend`, `live`; `lists` and `reconciliation`
are pages. `relative` and `zone_days` are windows and days of other zones. `quality` and `freshness` say how far
answers can be trusted. docs/architecture.md has the way of a report on one page.
"""
