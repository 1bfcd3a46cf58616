"""Grafana's part in a dashboard: `interpolation` fills in variables and macros, `querying` sends the queries.

`prometheus` runs a Prometheus server that scrapes a service under test.
"""
