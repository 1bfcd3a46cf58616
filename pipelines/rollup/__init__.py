"""Keeps daily rows equal to the sum of their hours: adds up changed days again, as a whole.

It closes days that have ended, and keeps what a closed day said before it changes (`restatements`).
"""
