"""Compares numbers that two statements must both give, over random windows, tenants and dimensions, within a budget.

In reading order: `questions` and `statements` (the values), `sums` (the SQL of cubes and facts), `laws` (what must be
equal), `drawing` (which questions are asked), `settled` (when a comparison means something), `reading` (both
statements), `journal` (suspicions and differences), `datasets`, `nodes`, `pipeline`.
"""
