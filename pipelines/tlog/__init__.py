"""Appends to the transparency log what has no entry yet, and signs a checkpoint.

In reading order: `appending` (entries and their tree), `sources` (rows that get an entry each), `periods` and
`arrivals` (the facts that reached us), `checkpoints` (what is signed); `differences` and `verification` (compare the
log with itself and with what it speaks of).
"""
