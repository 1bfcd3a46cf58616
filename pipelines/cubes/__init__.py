"""Keeps the cubes equal to their facts: computes marked cells again, as a whole, from deduplicated facts."""
