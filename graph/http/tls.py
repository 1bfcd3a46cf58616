"""HTTP over mutual TLS: passes the client's certificate to the application."""

import asyncio
import ssl
from typing import Any

from cryptography import x509

from graph.http.protocol import BoundedProtocol


class TlsProtocol(BoundedProtocol):
    """Adds ASGI's extension `tls`, which uvicorn does not offer. https://asgi.readthedocs.io/en/latest/specs/tls.html"""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it, too
        self._extension = _extension(transport.get_extra_info("ssl_object"))
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"tls": self._extension}


def _extension(connection: ssl.SSLObject) -> dict[Any, Any]:
    """The ASGI extension. The chain has only the client's own certificate: Python before 3.13 returns no more."""
    certificate = connection.getpeercert(binary_form=True)
    chain = [] if certificate is None else [certificate]
    return {
        "server_cert": None,
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(each) for each in chain],
        "client_cert_name": _name(chain[0]) if chain else None,
        "client_cert_error": None,
        "tls_version": {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}.get(connection.version() or ""),
        "cipher_suite": None,
    }


def _name(certificate: bytes) -> str | None:
    """The subject's name (RFC 4514), or None for a certificate that OpenSSL accepts and `cryptography` rejects."""
    try:
        return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
    except ValueError:
        return None
