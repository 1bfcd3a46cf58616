"""TLS for a listener with client certificates. Its files may be replaced while it serves."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from infra.errors import UsageError
from infra.secret_files import State, state
from infra.settings import variable
from infra.telemetry import logger

States: TypeAlias = tuple[State | None, ...]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files, named like their settings. Without `tls_client_crl`, no certificate is revoked."""

    tls_cert: Path
    tls_key: Path
    tls_client_ca: Path
    tls_client_crl: Path | None = None

    def state(self) -> States:
        """A value that changes when a file is replaced."""
        paths = (self.tls_cert, self.tls_key, self.tls_client_ca, self.tls_client_crl)
        return tuple(None if path is None else state(path) for path in paths)


class RenewedContext(ssl.SSLContext):
    """A context that loads replaced files before the next handshake. Unusable new files leave the old ones in force.

    asyncio and uvloop begin each connection with `wrap_bio`, so this method renews the context. `sni_callback` could
    replace the certificate only, neither the revocation lists nor the verification flags.
    """

    def __new__(cls, files: TlsFiles) -> "RenewedContext":
        """Raises UsageError with the setting whose file cannot be used."""
        context = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        context._files, context._state = files, files.state()
        context._current = mutual(files)
        return context

    _files: TlsFiles
    _state: States
    _current: ssl.SSLContext

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        self._renew()
        return self._current.wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    def _renew(self) -> None:
        state = self._files.state()
        if state == self._state:
            return
        self._state = state  # unusable files are logged once
        try:
            self._current = mutual(self._files)
        except UsageError as error:
            logger().error("TLS files cannot be used, the previous ones stay in force", why=str(error))
        else:
            logger().info("TLS files were renewed")


class _Handshake(ssl.SSLObject):
    """Logs each refused handshake; asyncio does so in debug mode only."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            why = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
            logger().info("TLS handshake refused", why=why)  # browsers and scanners have no certificate
            raise


def mutual(files: TlsFiles) -> ssl.SSLContext:
    """A context for TLS 1.2 or newer that requires client certificates.

    Raises UsageError with the setting whose file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = _Handshake
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    # No tickets: a resumed session skips the verification of its certificate. Sessions that TLS 1.2 keeps without
    # tickets live in the context, and so end with its files.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    try:
        # Without a password argument, OpenSSL would prompt at the terminal.
        context.load_cert_chain(files.tls_cert, files.tls_key, password="")
    except (OSError, ValueError) as error:
        raise _unusable(
            f"{variable('tls_cert')}={files.tls_cert}, {variable('tls_key')}={files.tls_key}", error
        ) from error
    _load(context, "tls_client_ca", files.tls_client_ca)
    if files.tls_client_crl is not None:
        _load(context, "tls_client_crl", files.tls_client_crl)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    return context


def _load(context: ssl.SSLContext, setting: str, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise _unusable(f"{variable(setting)}={path}", error) from error


def _unusable(what: str, error: OSError | ValueError) -> UsageError:
    why = error.reason if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
    return UsageError(f"{what} cannot be used: {why or error}.")
