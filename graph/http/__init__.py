"""The HTTP layer that all listeners share, in the order in which a request passes it.

`server` listens. `protocol` and `tls` read heads and certificates. `admission` limits how many requests are begun; the
others wait in `turns`. `routing` puts the middleware in order and finds the endpoint: `heads` (HEAD), `middleware`
(request ids, limits, declared headers), `cors`, `compression`, and then `endpoint`, which wraps the endpoint.
`parameters`, `bodies`, `negotiation` and `conditional` read the request. `disconnect` cancels work when the client
leaves. `responses` and `problems` write the response. `telemetry` observes all of it. `health` answers probes,
`openapi` builds the documents of both listeners, and `assets` serves the third-party scripts of pages.
"""
