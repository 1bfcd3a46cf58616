"""What Grafana does with a dashboard, as far as tests and pictures need it: fill in a query, ask it, draw the answer."""
