"""Settings that are right by themselves, but not together."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from infra.errors import UsageError

if TYPE_CHECKING:
    from infra.settings import Settings

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def check_together(settings: "Settings") -> None:
    """Raises UsageError if two settings contradict each other, or together trust an open network."""
    trusting = [name for name in settings.auth if name != "jwt"]
    if trusting and settings.api_host not in LOOPBACK and not settings.trust_network:
        raise UsageError(
            f"ANLYT_API_HOST={settings.api_host} is not loopback, and ANLYT_AUTH={trusting[0]} trusts all clients; "
            "set ANLYT_TRUST_NETWORK=1 if only trusted callers reach this address."
        )
    if settings.persisted_only and settings.persisted_operations is None:
        raise UsageError("ANLYT_PERSISTED_ONLY=1 needs ANLYT_PERSISTED_OPERATIONS: the file of allowed operations.")
    if "jwt" in settings.auth and settings.jwks is None:
        raise UsageError("ANLYT_AUTH=jwt needs ANLYT_JWKS: the file or URL of the keys that sign bearer tokens.")
    if settings.deadletter_least > settings.deadletter_window:
        raise UsageError(
            f"ANLYT_DEADLETTER_LEAST={settings.deadletter_least} is more than "
            f"ANLYT_DEADLETTER_WINDOW={settings.deadletter_window}; a window cannot contain so many bad messages."
        )
    if (settings.witnesses_needed or 0) > len(settings.witnesses or ()):
        raise UsageError(
            f"ANLYT_WITNESSES_NEEDED={settings.witnesses_needed} is more than the "
            f"{len(settings.witnesses or ())} witnesses in ANLYT_WITNESSES; no checkpoint would ever be shown."
        )
    keys = urlsplit(settings.jwks or "")
    if keys.scheme == "http" and keys.hostname not in LOOPBACK and not settings.trust_network:
        raise UsageError("ANLYT_JWKS must be an https URL, unless ANLYT_TRUST_NETWORK=1 trusts the network.")
