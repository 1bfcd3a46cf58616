"""Daily rows that are exactly what their hours add up to: days that changed are added up again, whole."""
