"""The REST interface: `endpoints` and `insights` list the routes of reports, `serving` serves them.

`query` serves the query language, and `query_schema` is the JSON Schema of its body. `exports` writes whole results of
queries to files. `openapi` writes the document.
"""
