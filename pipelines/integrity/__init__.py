"""A hash chain over the compliance facts of closed days: evidence that nothing was added, changed or dropped since.

In reading order: `days` (which days are due), `digests` (the facts of a day), `chain` (the links in PostgreSQL),
`closing` (adds a link), `differences` and `verification` (compare the chain with itself and with the facts).
"""
