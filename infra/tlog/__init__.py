"""The transparency log in PostgreSQL: `tree` reads its tiles, and computes roots and proofs from them.

`keys` and `witnesses` are the settings about who signs.
"""
