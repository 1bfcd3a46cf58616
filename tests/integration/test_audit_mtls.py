"""US-ANLYT-15: the audit API accepts only the regulator's portal, with a currently valid certificate."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from infra.embedded.certificates import CLIENT, Pair, Validity, issue, make_authority
from infra.errors import UsageError
from infra.tls import RenewedContext, TlsFiles
from tests.graph.support.problems import check_problem
from tests.support.regulator import Certificates, audit_listener, make_certificates, query, write

pytestmark = pytest.mark.anyio

NOW, DAY = datetime.now(UTC), timedelta(days=1)
RIGHT = [x509.DNSName(CLIENT)]
OTHER = make_authority("another authority")
NAMESAKE = make_authority("authority")


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


def revocations(authority: Pair, *revoked: Pair) -> bytes:
    """A certificate revocation list of the authority, in PEM."""
    builder = x509.CertificateRevocationListBuilder(authority.certificate.subject, NOW - DAY, NOW + DAY)
    for pair in revoked:
        entry = x509.RevokedCertificateBuilder(pair.certificate.serial_number, NOW - DAY).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.PEM)


async def check_answered(url: str, context: ssl.SSLContext) -> None:
    """Checks that a client may send requests: an empty one is invalid, not forbidden."""
    detail = check_problem(await query(url, context, {}), 400, "INVALID_QUERY")
    assert "$.tenantId" in detail


async def check_no_handshake(url: str, context: ssl.SSLContext, why: str) -> None:
    with capture_logs() as lines, pytest.raises(httpx.TransportError):
        await query(url, context, {})
    (record,) = [line for line in lines if line["event"] == "TLS handshake refused"]
    assert (record["log_level"], why in record["why"].lower()) == ("info", True)


async def check_forbidden(url: str, context: ssl.SSLContext, pair: Pair) -> None:
    with capture_logs() as lines:
        check_problem(await query(url, context, {}), 403, "FORBIDDEN")
    (record,) = [line for line in lines if line["event"] == "audit client refused"]
    assert record["serial"] == f"{pair.certificate.serial_number:x}"


REFUSED: dict[str, tuple[Callable[[Pair], Pair | None], str]] = {
    "none": (lambda _: None, "did_not_return_a_certificate"),
    "expired": (lambda ca: issue(ca, CLIENT, RIGHT, valid=Validity(NOW - 2 * DAY, NOW - DAY)), "expired"),
    "not yet valid": (lambda ca: issue(ca, CLIENT, RIGHT, valid=Validity(NOW + DAY, NOW + 2 * DAY)), "not yet valid"),
    "other authority": (lambda _: issue(OTHER, CLIENT, RIGHT), "unable to get local issuer"),
    "other authority of the same name": (lambda _: issue(NAMESAKE, CLIENT, RIGHT), "unable to get local issuer"),
    "self-signed": (lambda _: issue(None, CLIENT, RIGHT), "self-signed"),
    "an authority of its own": (lambda _: make_authority(CLIENT), "self-signed"),
}
FORBIDDEN: dict[str, list[x509.GeneralName]] = {
    "CN only": [],
    "another service": [x509.DNSName("customer-portal")],
    "longer": [x509.DNSName(f"{CLIENT}.evil.example")],
    "shorter": [x509.DNSName("regulator-portal")],
    "wildcard": [x509.DNSName("*")],
    "mail": [x509.RFC822Name(f"{CLIENT}@evil.example")],
    "in a path": [x509.UniformResourceIdentifier(f"https://evil.example/{CLIENT}")],
    "as an account": [x509.UniformResourceIdentifier(f"spiffe://anlyt/ns/evil/sa/{CLIENT}")],
    "with another domain": [x509.UniformResourceIdentifier(f"spiffe://evil/ns/{CLIENT}/sa/x")],
}
ALLOWED: dict[str, list[x509.GeneralName]] = {
    "DNS": [x509.DNSName(CLIENT)],
    "URI": [x509.UniformResourceIdentifier(CLIENT)],
    "SPIFFE": [x509.UniformResourceIdentifier(f"spiffe://anlyt/ns/{CLIENT}/sa/default")],
    "one of several": [x509.DNSName("portal.example"), x509.DNSName(CLIENT)],
}


async def test_accepted_and_refused_clients(certificates: Certificates) -> None:
    async with audit_listener(certificates.files, ANLYT_TRUST_DOMAIN="anlyt") as url:
        for make, why in REFUSED.values():
            await check_no_handshake(url, certificates.client(make(certificates.authority)), why)
        for names in FORBIDDEN.values():
            pair = issue(certificates.authority, CLIENT, names)
            await check_forbidden(url, certificates.client(pair), pair)
        for names in ALLOWED.values():
            await check_answered(url, certificates.client(issue(certificates.authority, "somebody", names)))


async def test_every_path_needs_the_certificate(certificates: Certificates) -> None:
    stranger = certificates.client(issue(certificates.authority, CLIENT, []))
    async with audit_listener(certificates.files) as url:
        for path in (
            "/",
            "/v1/audit/query",
            "/v1/anlyt/query",
            "/graphql",
            "/health/live",
            "/openapi.json",
            "/metrics",
        ):
            async with httpx.AsyncClient(verify=stranger) as client:
                check_problem(await client.get(url + path), 403, "FORBIDDEN")
        async with httpx.AsyncClient(verify=certificates.regulator()) as client:
            check_problem(await client.get(f"{url}/health/live"), 404, "NOT_FOUND")
            response = await client.get(f"{url}/v1/audit/query")
            check_problem(response, 405, "METHOD_NOT_ALLOWED")
            assert response.headers["allow"] == "OPTIONS, POST"
            # Headers that identify callers of the API have no effect here.
            headers = {"X-Caller": "admin-dashboard", "X-Forwarded-Client-Cert": f"URI=spiffe://a/ns/{CLIENT}/sa/b"}
        async with httpx.AsyncClient(verify=stranger, headers=headers) as client:
            check_problem(await client.post(f"{url}/v1/audit/query", json={}), 403, "FORBIDDEN")
        with pytest.raises(httpx.TransportError):
            await httpx.AsyncClient().get(url.replace("https", "http"))


async def test_versions_of_tls(certificates: Certificates) -> None:
    async with audit_listener(certificates.files) as url:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            good, bad = certificates.regulator(), certificates.client(None)
            good.maximum_version = good.minimum_version = bad.maximum_version = version
            await check_answered(url, good)
            await check_no_handshake(url, bad, "did_not_return_a_certificate")
        old = certificates.regulator()
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        await check_no_handshake(url, old, "")


async def test_a_connection_is_for_one_request(certificates: Certificates) -> None:
    async with audit_listener(certificates.files) as url, httpx.AsyncClient(verify=certificates.regulator()) as client:
        answer = await client.post(f"{url}/v1/audit/query", json={})
        assert answer.headers["connection"] == "close"
        assert (await client.get(f"{url}/nothing")).headers["connection"] == "close"


async def test_files_are_renewed_while_it_serves(certificates: Certificates) -> None:
    revoked, other = (issue(certificates.authority, CLIENT, RIGHT) for _ in range(2))
    crl = certificates.folder / "crl.pem"
    write(crl, revocations(certificates.authority))
    files = TlsFiles(certificates.files.tls_cert, certificates.files.tls_key, certificates.files.tls_client_ca, crl)
    async with audit_listener(files) as url:
        await check_answered(url, certificates.client(revoked))
        write(crl, revocations(certificates.authority, revoked))
        await check_no_handshake(url, certificates.client(revoked), "revoked")
        await check_answered(url, certificates.client(other))

        with capture_logs() as lines:
            write(files.tls_cert, b"no certificate")
            await check_answered(url, certificates.client(other))
            await check_answered(url, certificates.client(other))
        assert [line["log_level"] for line in lines if line["event"].startswith("TLS files")] == ["error"]

        certificates.serve(OTHER)
        write(crl, revocations(OTHER))
        await check_no_handshake(url, certificates.client(other), "self-signed")
        await check_answered(url, certificates.client(issue(OTHER, CLIENT, RIGHT)))


def test_files_that_cannot_be_used_are_named(certificates: Certificates) -> None:
    files = certificates.files
    write(files.tls_client_ca, b"")
    with pytest.raises(UsageError, match=r"ANLYT_TLS_CLIENT_CA=.*ca.pem cannot be used"):
        RenewedContext(files)
    write(files.tls_key, issue(None, "x", []).key_pem())
    with pytest.raises(UsageError, match=r"ANLYT_TLS_KEY=.*KEY_VALUES_MISMATCH"):
        RenewedContext(files)
    files.tls_cert.unlink()
    with pytest.raises(UsageError, match=r"ANLYT_TLS_CERT=.*No such file"):
        RenewedContext(files)
