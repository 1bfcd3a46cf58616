"""What does not come from a certificate that TLS has verified, and what no longer does, is nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from graph.audit.regulator import identify
from graph.errors import ForbiddenError
from infra.embedded.certificates import CLIENT, Pair, Validity, issue, make_authority

AUTHORITY = make_authority("authority")
NAMES = [x509.DNSName(CLIENT)]
NOW = datetime.now(UTC)


def scope(*pems: str) -> dict[str, Any]:
    return {"type": "http", "extensions": {"tls": {"client_cert_chain": list(pems)}}}


def shown(pair: Pair) -> dict[str, Any]:
    return scope(pair.pem().decode())


def test_the_certificate_tells_who_it_is() -> None:
    pair = issue(AUTHORITY, "portal", NAMES)
    found = identify(shown(pair), None)
    assert (found.name, int(found.serial, 16)) == (CLIENT, pair.certificate.serial_number)
    assert len(bytes.fromhex(found.sha256)) == 32


def test_a_certificate_may_end_on_an_open_connection() -> None:
    ended = issue(AUTHORITY, "portal", NAMES, valid=Validity(NOW - timedelta(days=1), NOW - timedelta(seconds=1)))
    with pytest.raises(ForbiddenError):
        identify(shown(ended), None)


@pytest.mark.parametrize("nobody", [{}, {"extensions": {}}, scope(), scope("no certificate")])
def test_without_a_certificate(nobody: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenError, match=CLIENT):
        identify(nobody, None)


def test_a_trust_domain_is_of_spiffe_ids() -> None:
    pair = issue(
        AUTHORITY, "portal", [x509.UniformResourceIdentifier(f"spiffe://cluster.local/ns/{CLIENT}/sa/default")]
    )
    assert identify(shown(pair), None) == identify(shown(pair), "cluster.local")
    with pytest.raises(ForbiddenError):
        identify(shown(pair), "elsewhere")
