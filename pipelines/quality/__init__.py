"""Signals for routing: how well each operator's network delivered in the last hour, every minute."""
