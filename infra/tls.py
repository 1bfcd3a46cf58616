"""TLS for a listener whose clients need a certificate; its files may be replaced while it serves."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from infra.errors import UsageError
from infra.settings import variable
from infra.telemetry import logger

# Of each file: when it was written, which one it is, and how long.
State: TypeAlias = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files, named as their settings are. Without `tls_client_crl`, nothing is revoked."""

    tls_cert: Path
    tls_key: Path
    tls_client_ca: Path
    tls_client_crl: Path | None = None

    def state(self) -> State:
        """Another one when a file was replaced."""
        return tuple(_state(path) for path in (self.tls_cert, self.tls_key, self.tls_client_ca, self.tls_client_crl))


class RenewedContext(ssl.SSLContext):
    """Each handshake goes by the files as they are then; files that cannot be used leave those before in force.

    Servers of asyncio and uvloop begin a connection with `wrap_bio`, so that is where the change takes place: what
    `sni_callback` can exchange has the certificate, but neither the revocation lists nor the flags of verification.
    """

    def __new__(cls, files: TlsFiles) -> "RenewedContext":
        """UsageError names the setting whose file cannot be used."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        made._files, made._state = files, files.state()
        made._current = mutual(files)
        return made

    _files: TlsFiles
    _state: State
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
        self._state = state  # files that cannot be used are told of once
        try:
            self._current = mutual(self._files)
        except UsageError as error:
            logger().error("TLS files cannot be used, those before stay in force", why=str(error))
        else:
            logger().info("TLS files were renewed")


class _Handshake(ssl.SSLObject):
    """Tells of a client that is refused; asyncio does so in debug mode only."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            why = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
            logger().warning("TLS handshake refused", why=why)
            raise


def mutual(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer with a client's certificate; UsageError names the setting whose file cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = _Handshake
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    # A session that is resumed would not have its certificate judged again. What TLS 1.2 keeps without tickets is kept
    # by the context, and so no longer than its files are in force.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    try:
        # An empty password, as OpenSSL would ask for one at the terminal.
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


def _state(path: Path | None) -> tuple[int, int, int] | None:
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_ino, found.st_size)
