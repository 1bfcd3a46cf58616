"""Figures to choose a route by: how well, and at what cost, each MNO carries messages. Made of typed queries alone."""
