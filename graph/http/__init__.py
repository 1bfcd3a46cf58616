"""What every listener needs of HTTP, in the order a request meets it.

`server` listens, `protocol` and `tls` read heads and certificates, `middleware` gives ids and limits, `routing` finds
the endpoint, `endpoint` wraps it: `parameters`, `bodies` and `negotiation` read the request, `disconnect` gives up
what nobody waits for, `responses` and `problems` write the answer, `telemetry` observes. `health` answers probes,
`openapi` holds what the documents of both listeners share, `assets` the
scripts of others that pages use.
"""
