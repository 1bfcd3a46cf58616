"""Finds what breaks callers between two versions of the API's documents. docs/versions.md has the rules.

`schemas` compares JSON Schemas, `openapi` and `asyncapi` documents of them, and `graphql` compares SDL. `released`
compares the documents of this tree with those of the last release, which `tools/release.py` writes.
"""
