"""Publishes signals for routing every minute: how well each operator's network delivered in the last hour."""
