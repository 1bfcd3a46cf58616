"""GraphQL: the same reports, names and numbers as REST.

In reading order:

1. The schema: `schema`, with the roots `query` and `subscription`. `types` makes object types from answers, `inputs`
   input types from the bodies of REST, `arguments` the arguments. `fields`, `connections`, `insights` and
   `reconciliation` have fields. `context` is what the resolvers of a request share.
2. A request: `endpoint` is the way through it. `requests` parses it, `persisted` finds its document, `documents`
   validates that, `weights` and `cost` limit it, `executor` (with `projections`) runs it. `responses`, `streams` and
   `errors` make the answer.
3. `explorer` serves GraphiQL in development.
"""
