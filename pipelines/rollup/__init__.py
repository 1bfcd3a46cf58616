"""Keeps daily rows equal to the sum of their hours: adds up changed days again, as a whole."""
