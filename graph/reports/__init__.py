"""The reports: typed answers, each read in one snapshot and only with a Scope.

In reading order:

1. Values: `windows` (times), `answers` (what reports return), `metrics` (counters and rates), `latency` (histograms).
2. `reading`: the read path. Its first page lists its modules.
3. `figures`: adds up the totals of a window. `summary` is the simplest report from request to answer.
4. One file per report: `operator`, `account`, `throughput`, `breakdown`, `top_operators` (with `ranking`), `trend`,
   `live`. `lists` and `reconciliation` return pages.
5. `quality` and `freshness` say how complete answers are, and `status` how the service does. `parameters` describes
   what REST and GraphQL accept.

docs/architecture.md follows a report through these files on one page.
"""
