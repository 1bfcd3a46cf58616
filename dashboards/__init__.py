"""The Grafana dashboards as plain data. `python -m tools.export` writes their JSON files into this folder."""
