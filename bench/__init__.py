"""Benchmarks. Each compares variants side by side in one run and prints all figures, also the bad ones."""
