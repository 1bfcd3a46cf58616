"""Counts a stream again into new tables and swaps them in, while ingest continues.

In reading order: `rebuild` (the whole procedure), `history` (reads the stream), `complete_hours` (the hours of which
the stream still has every event), `swap` (replaces the stored rows, in one transaction).
"""
