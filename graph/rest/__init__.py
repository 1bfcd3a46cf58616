"""REST: the routes, their parameters, and what an error looks like."""
