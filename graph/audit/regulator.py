"""Authenticates the regulator by the names in its certificate's SAN. The subject's CN is never read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.types import Scope as HttpScope

from graph.access.mesh import spiffe_caller
from graph.errors import ForbiddenError
from infra.telemetry import logger

REGULATOR: Final = "regulator"  # in the ASGI scope
SERVICE: Final = "regulator-portal-service"
REFUSAL: Final = f"Only a certificate whose URI or DNS SAN is {SERVICE} is answered here."


@dataclass(frozen=True, slots=True)
class Regulator:
    """The authenticated caller. `serial` and `sha256` are its certificate's, in hexadecimal."""

    name: str
    serial: str
    sha256: str


def identify(scope: HttpScope, trust_domain: str | None) -> Regulator:
    """The regulator, from a certificate that TLS has verified. Raises ForbiddenError, and logs, for other callers."""
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", [])
    try:
        certificate = x509.load_pem_x509_certificate("".join(chain).encode())  # the first of the chain
    except ValueError:
        logger().warning("audit client refused", names=[], serial=None)
        raise ForbiddenError(REFUSAL) from None
    names = list(_names(certificate))
    serial = f"{certificate.serial_number:x}"
    if not _is_valid(certificate) or not any(_is_service(name, trust_domain) for name in names):
        logger().warning("audit client refused", names=names, serial=serial)
        raise ForbiddenError(REFUSAL)
    return Regulator(SERVICE, serial, certificate.fingerprint(SHA256()).hex())


def _names(certificate: x509.Certificate) -> Iterator[str]:
    """The DNS names and URIs; none if they cannot be read."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return
    yield from found.get_values_for_type(x509.DNSName)
    yield from found.get_values_for_type(x509.UniformResourceIdentifier)


def _is_service(name: str, trust_domain: str | None) -> bool:
    return name == SERVICE or spiffe_caller(name, trust_domain) == SERVICE


def _is_valid(certificate: x509.Certificate) -> bool:
    """Checks the dates again, as a certificate may expire while its connection is open."""
    return certificate.not_valid_before_utc <= datetime.now(UTC) < certificate.not_valid_after_utc
