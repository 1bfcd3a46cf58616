"""The reports: typed answers, read in one snapshot and only with a Scope.

In reading order: `windows`, `answers`, `metrics`, `latency`; `reader`, `marks`, `snapshot`, `archive`; `parts`, `kept`,
`figures`, `active`, `ranking`; then a module for each report; `quality` and `freshness` say how far answers can be
trusted. docs/architecture.md has the way of a report on one page.
"""
