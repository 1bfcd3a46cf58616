"""The audit listener: what the regulator may read of any tenant over mTLS, and the log of each access.

In reading order: `app` has the routes, `regulator` authenticates the caller. `request` parses a query, `statements`
compiles it, `audits` runs it and `answers` formats it; `access` logs it first. `evidence` proves facts of closed days,
and `verify` is the script with which a caller checks that; `tlog` serves the transparency log. `graphql` and `openapi`
describe the same; `exports` writes larger results as files.
"""
