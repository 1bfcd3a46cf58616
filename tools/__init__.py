"""Development tools.

`export` writes the files that are made from code: pages (`reference`, `event_reference`, `query_language`, `decisions`,
`panels`), `asyncapi`, and the charts (`charts`, `schedules`, `values/`). `pictures` photographs pages.

`release` keeps the API's documents of a release, and `compatibility/` finds what breaks callers since the last one.
`site/` builds the documentation as a site.

The others fetch programs for tests: `assets` and `node/` from npm, `helm`, `debian` with `prometheus`, `pgbouncer`,
`strace`, `golang` and `chromium`. `browser` drives Chromium, `grafana/` runs the dashboards' queries, `deployment/`
has checkers of charts.
"""
