"""The transparency log in PostgreSQL: `tree` reads its tiles, and computes roots and proofs from them."""
