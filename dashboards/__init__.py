"""The Grafana dashboards as plain data. `python -m tools.export` writes their JSON files into this folder.

In reading order: `files` lists the dashboards: `mno_quality`, `pipeline`, `finance` and `freshness`. `board` is what a
dashboard is, made of `panels`, `variables` and the queries of `sources`. `limits` reads the alerts' limits for panels.
"""
