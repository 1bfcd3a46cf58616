"""Compares our cost with the charges of billing-service, per day and currency."""
