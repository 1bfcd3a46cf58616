"""The reports: typed answers, each read in one snapshot and only with a Scope.

In reading order:

1. Values: `windows` (times), `answers` (what reports return) and their `fields`, `metrics` (counters and rates),
   `latency` (histograms).
2. `reading`: the read path. Its first page lists its modules.
3. `figures`: adds up the totals of a window. `summary` is the simplest report from request to answer.
4. One file per kind of report: `operators`, `account`, `throughput`, `breakdown`, `trend`, `live`.
5. `quality` says which points are incomplete, `freshness` how far events are counted. `parameters` describes what REST
   and GraphQL accept.

docs/architecture.md follows a report through these files on one page.
"""
