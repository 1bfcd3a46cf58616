"""The transparency log: what its entries, trees, tiles and checkpoints are. Pure: no I/O.

In reading order: `entries` (what a leaf is), `merkle` (RFC 6962: roots and proofs), `tiles` (C2SP tlog-tiles: how a
tree is read), `notes` (C2SP signed-note) and `checkpoints` (C2SP tlog-checkpoint).
"""
