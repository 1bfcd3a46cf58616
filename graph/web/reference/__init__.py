"""`/docs`: the API reference for people, rendered from the OpenAPI document with the pages' templates and policy.

In reading order: `view` makes what the template shows of the document, with the types that `words` describes and the
commands of `example`. `route` renders it once and serves it.
"""
