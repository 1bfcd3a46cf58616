"""What Grafana does with a query: fill in its variables (`filling`), and ask a running service (`asking`)."""
