"""Cubes that are exactly what their facts say: marked cells are computed again, whole, from deduplicated facts."""
