"""Insights: the quality and the cost of each MNO, for choosing routes. They read data by typed queries only.

`mno_quality` and `cost_quality` compute them, `queries` reads all rows of a query, `answers` are their types, and
`parameters` their parameters.
"""
