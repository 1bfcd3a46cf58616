"""Grafana's dashboards as plain data: `python -m tools.export` writes the JSON beside the code that makes it."""
