"""Removes differing copies: events that ClickHouse has as facts of several tenants keep the copy stored first.

In reading order: `windows` (which minutes are searched), `copies` (which facts are removed), `removal` (the procedure),
`peaks` (peaks in PostgreSQL that came from copies), `datasets`, `nodes`, `pipeline`.
"""
