"""Counts a stream again into new tables and swaps them in, while ingest goes on.

In reading order: `rebuild` (the whole), `history` (reads the stream), `window` (which hours the stream still has
entirely), `swap` (puts the new rows into the place of the old ones, in one transaction).
"""
