"""What Grafana does, as far as tests and pictures need it: fill in a query, ask it, draw the answer."""
