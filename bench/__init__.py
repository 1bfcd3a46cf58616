"""Benchmarks: each is a ratio between ways measured side by side in one run, the losing figures printed too."""
