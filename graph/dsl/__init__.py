"""The typed query language: parses JSON, compiles it to ClickHouse SQL in the caller's scope, and runs it.

`queries` is its entry point. A query passes `parse` (JSON -> `ast`), `resolve` (names -> catalogue, simplified by
`passes`), `plan` (chooses a table), `statements` (-> `select`), `render` (-> SQL) and `execute`. Each step takes a
frozen value and returns another; `compile` runs them from `resolve` to `render`.

Parsing: `source`, `readers`, `conditions`, `time_ranges`, `name_checks`, `comparisons`, `problems`. Time: `calendar`,
`buckets`. Statements: `fields`, `where`, `predicates`, `paging`, `fills`, `cells` (a cube's rows as of now), `marked`
and `marks` (which of them are computed from facts). Answers: `answers`, `columns`, `formats`,
`freshness`, `states` (for ETags), `table_status`, `verified` (the cross-check), `catalog`. All rows at once:
`extracts`, `files`. Rights: `scope`, `new_mnos`.
"""
