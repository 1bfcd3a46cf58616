"""Development tools.

`export` writes the files that are made from code, with `reference`, `query_language`, `decisions`, `panels` (pages),
`charts`, `schedules` and `values/` (the charts). The others fetch programs for tests: `assets` and `node/` from npm,
`helm`, `debian` with `prometheus`, `pgbouncer` and `chromium`; `browser` drives Chromium, `deployment/` checks charts.
"""
