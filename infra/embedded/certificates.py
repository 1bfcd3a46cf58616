"""Short-lived certificates for development and tests: an authority, and certificates that it signs."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.tls import TlsFiles

LIFETIME: Final = timedelta(days=30)
SLACK: Final = timedelta(hours=1)  # another machine's clock may be behind by so much
CLIENT: Final = "regulator-portal-service"
FOLDER: Final = "tls"  # in ANLYT_HOME


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class Validity:
    """The period in which a certificate is valid."""

    begin: datetime
    end: datetime


def validity() -> Validity:
    """The default validity: from one hour ago, for LIFETIME."""
    now = datetime.now(UTC)
    return Validity(now - SLACK, now + LIFETIME)


def make_authority(name: str) -> Pair:
    """A self-signed authority; `name` is its CN."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(name)
    builder = _builder(subject, subject, key, validity(), key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_AUTHORITY_USAGE, critical=True)
    return Pair(builder.sign(key, hashes.SHA256()), key)


def issue(
    authority: Pair | None, name: str, names: Sequence[x509.GeneralName], *, valid: Validity | None = None
) -> Pair:
    """A certificate for servers and clients, signed by `authority` or, without one, by itself.

    `name`: its CN. `names`: its SAN.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(name)
    issuer = authority.certificate.subject if authority else subject
    signer = authority.key if authority else key
    builder = _builder(subject, issuer, key, valid or validity(), signer)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Pair(builder.sign(signer, hashes.SHA256()), key)


@dataclass(frozen=True, slots=True)
class DevCertificates:
    """The certificates of `anlyt dev`, as files in `folder`."""

    folder: Path

    @property
    def listener(self) -> TlsFiles:
        return TlsFiles(self.folder / "server.pem", self.folder / "server.key", self.authority)

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def client(self) -> tuple[Path, Path]:
        """Certificate and key of a client that the listener accepts."""
        return self.folder / "client.pem", self.folder / "client.key"

    def make(self, host: str) -> None:
        """Creates all files anew, for a listener on `host`. Only this user may read the keys."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = make_authority("anlyt dev's authority")
        server = issue(authority, "anlyt dev", [x509.DNSName("localhost"), *_addresses("127.0.0.1", "::1", host)])
        client = issue(authority, CLIENT, [x509.DNSName(CLIENT)])
        self.authority.write_bytes(authority.pem())
        for name, pair in (("server", server), ("client", client)):
            (self.folder / f"{name}.pem").write_bytes(pair.pem())
            key = self.folder / f"{name}.key"
            key.touch(mode=0o600)
            key.write_bytes(pair.key_pem())


def _addresses(*hosts: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys(hosts):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return names


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    valid: Validity,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    """A builder with the key identifiers that strict verifiers require (RFC 5280, 4.2.1.1 and 4.2.1.2)."""
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(valid.begin).not_valid_after(valid.end)
    subject_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(subject_id, critical=False).add_extension(authority_id, critical=False)


_AUTHORITY_USAGE: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
