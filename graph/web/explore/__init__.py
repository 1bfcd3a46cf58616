"""What `/explore` is made of: a query of the query language as a form.

In reading order: `question` reads the URL as a query, and says at which field a problem belongs. `offer` has the names
that the form offers to a caller. `rows` is the table of an answer, and `drawings` its charts. `code` writes the same
query as curl, Python and GraphQL.
"""
