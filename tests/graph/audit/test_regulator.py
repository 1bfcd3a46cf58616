"""Only a valid certificate that TLS has verified identifies the regulator."""

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


def scope_with(pair: Pair) -> dict[str, Any]:
    return scope(pair.pem().decode())


def test_the_certificate_identifies_the_caller() -> None:
    pair = issue(AUTHORITY, "portal", NAMES)
    found = identify(scope_with(pair), None)
    assert (found.name, int(found.serial, 16)) == (CLIENT, pair.certificate.serial_number)
    assert len(bytes.fromhex(found.sha256)) == 32


def test_a_certificate_may_expire_on_an_open_connection() -> None:
    expired = issue(AUTHORITY, "portal", NAMES, valid=Validity(NOW - timedelta(days=1), NOW - timedelta(seconds=1)))
    with pytest.raises(ForbiddenError):
        identify(scope_with(expired), None)


@pytest.mark.parametrize("request_scope", [{}, {"extensions": {}}, scope(), scope("no certificate")])
def test_a_request_without_a_certificate_is_forbidden(request_scope: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenError, match=CLIENT):
        identify(request_scope, None)


def test_the_trust_domain_limits_spiffe_ids() -> None:
    pair = issue(
        AUTHORITY, "portal", [x509.UniformResourceIdentifier(f"spiffe://cluster.local/ns/{CLIENT}/sa/default")]
    )
    assert identify(scope_with(pair), None) == identify(scope_with(pair), "cluster.local")
    with pytest.raises(ForbiddenError):
        identify(scope_with(pair), "elsewhere")
