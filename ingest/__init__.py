"""Hosts functions: fetch, decode, claim, run, write, commit, acknowledge; dead letters."""
