"""The JSON Schemas of the charts' values: `kubernetes` has the shared parts; each chart has its own module."""
