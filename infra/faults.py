"""Configuration faults: errors of the engines that a wrong setting causes. An operator has to correct the setting.

    infra.faults.fault_of   a configuration fault: which setting, why, and what to do
    infra.*.is_unavailable  an absent engine: callers wait for it, or answer 503
    any other               a refused request, or a bug

A host name that does not resolve counts as an absent engine: in Kubernetes, a service without instances has no address.

Drivers are imported where an error is classified, and only if the process uses them: their import takes longer than a
small run of a pipeline.
"""

import re
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import asyncpg

from infra.errors import MisconfiguredError, UsageError

if TYPE_CHECKING:
    from clickhouse_connect.driver.exceptions import ClickHouseError

POSTGRES, CLICKHOUSE, NATS = "ANLYT_POSTGRES_DSN", "ANLYT_CLICKHOUSE_DSN", "ANLYT_NATS_URL"
LONGEST_REASON: Final = 300  # characters


class Fault(NamedTuple):
    """What is wrong, in words that callers may read, and what to do."""

    problem: str
    advice: str


CREDENTIALS: Final = Fault("the user or the password is refused", "Correct them.")
DATABASE: Final = Fault("there is no such database", "Name the right one, or create it and run `anlyt migrate`.")
UNMIGRATED: Final = Fault("the database is not migrated to this version", "Run `anlyt migrate` first.")
RIGHTS: Final = Fault("the user lacks a right", "Grant it to that user.")
TLS: Final = Fault("TLS fails", "Correct the setting, or trust the server's authority with SSL_CERT_FILE.")
ANOTHER: Final = Fault("another program answers there", "Correct the address and the port.")
NO_TLS: Final = Fault("no PostgreSQL answers there, or it has no TLS", "Correct the address, or `sslmode`.")
REFUSED: Final = Fault("the server refuses the connection", "Correct the setting, or the server.")
JETSTREAM: Final = Fault("the account has no JetStream", "Enable it for the account, or use another one.")
KEYS: Final = Fault("S3 refuses the keys", "Correct them, or their rights.")
BUCKET: Final = Fault("there is no such bucket", "Name the right one, or create it.")

_POSTGRES: Final[Sequence[tuple[tuple[type[Exception], ...], Fault]]] = (
    ((asyncpg.InvalidAuthorizationSpecificationError,), CREDENTIALS),
    ((asyncpg.InvalidCatalogNameError,), DATABASE),
    ((asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError), UNMIGRATED),
    ((asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError), UNMIGRATED),
    ((asyncpg.InsufficientPrivilegeError,), RIGHTS),
)
_CONTACT: Final[Sequence[tuple[tuple[type[Exception], ...], Fault]]] = (
    ((ssl.SSLError,), TLS),
    ((asyncpg.ClientConfigurationError, asyncpg.UndefinedObjectError, asyncpg.InvalidParameterValueError), REFUSED),
)
# ClickHouse's codes of errors (src/Common/ErrorCodes.cpp).
_CLICKHOUSE: Final[Mapping[int, Fault]] = {
    **dict.fromkeys((192, 193, 194, 516), CREDENTIALS),
    **dict.fromkeys((16, 47, 60), UNMIGRATED),
    81: DATABASE,
    **dict.fromkeys((164, 291, 497), RIGHTS),
}
_S3_ERROR: Final = 499
_NATS: Final[Mapping[str, Fault]] = {
    r"authorization violation|authentication (expired|revoked)": CREDENTIALS,
    r"permissions violation": RIGHTS,
}
_NO_JETSTREAM: Final = frozenset({10039, 10076})
_S3: Final[Mapping[str, tuple[str, Fault]]] = {
    r"NoSuchBucket": ("ANLYT_S3_BUCKET", BUCKET),
    r"AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch": ("ANLYT_S3_ACCESS_KEY", KEYS),
}


def fault_of(error: BaseException) -> MisconfiguredError | None:
    """The configuration fault behind an engine's error or its causes; None if no setting is to blame."""
    return next(filter(None, map(_fault, _chain(error))), None)


def connection_fault(error: BaseException, setting: str) -> MisconfiguredError | None:
    """The configuration fault behind an error at connecting, when more errors mean that `setting` is wrong.

    None if no setting is to blame.
    """
    for each in _chain(error):
        if (known := _fault(each)) is not None:
            return MisconfiguredError(setting if known.setting == POSTGRES else known.setting, *known.parts)
        if (fault := _at_first_contact(each)) is not None:
            return _misconfigured(setting, fault, each)
    return None


def _at_first_contact(error: BaseException) -> Fault | None:
    if type(error) is ConnectionError:  # asyncpg's, also for an error or a cut instead of an answer: both are outages
        return NO_TLS if "rejected SSL upgrade" in str(error) else None
    if isinstance(error, asyncpg.ProtocolViolationError):  # PgBouncer sends it during an outage, too
        return REFUSED if re.search("unsupported startup parameter|no such (database|user)", str(error)) else None
    if _is_from_another_server(error):
        return ANOTHER
    return next((fault for kinds, fault in _CONTACT if isinstance(error, kinds)), None)


def _is_from_another_server(error: BaseException) -> bool:
    """Whether an HTTP server other than ClickHouse answered. Gateways answer 502 to 504 while ClickHouse is away."""
    if "aiohttp" not in sys.modules:  # ClickHouse's driver imports it, too
        return False
    from aiohttp import ClientResponseError

    if "clickhouse_connect" not in sys.modules or isinstance(error, ClientResponseError):
        return isinstance(error, ClientResponseError)
    from clickhouse_connect.driver.exceptions import ClickHouseError

    if not isinstance(error, ClickHouseError):
        return False
    status = re.search(r"HTTP status (\d+)", str(error))
    return getattr(error, "code", None) is None and status is not None and status[1] not in {"502", "503", "504"}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes; for a group, its first error. Ends at a UsageError: it names its setting itself."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen and not isinstance(error, UsageError):
        seen.add(id(error))
        yield error
        group = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else None
        error = group or error.__cause__


def _fault(error: BaseException) -> MisconfiguredError | None:
    if isinstance(error, MisconfiguredError):
        return error
    if isinstance(error, asyncpg.PostgresError):
        faults = (fault for kinds, fault in _POSTGRES if isinstance(error, kinds))
        return next((_misconfigured(POSTGRES, fault, error) for fault in faults), None)
    found = (of(error) for driver, of in _DRIVERS.items() if driver in sys.modules)
    return next(filter(None, found), None)


def _of_clickhouse(error: BaseException) -> MisconfiguredError | None:
    from clickhouse_connect.driver.exceptions import ClickHouseError

    if not isinstance(error, ClickHouseError):
        return None
    code = getattr(error, "code", None)
    if code == _S3_ERROR:
        return _s3(str(error))
    fault = _CLICKHOUSE.get(code or 0)
    return None if fault is None else _misconfigured(CLICKHOUSE, fault, _clickhouse_reason(error))


def _of_nats(error: BaseException) -> MisconfiguredError | None:
    from nats.errors import AuthorizationError
    from nats.errors import Error as NatsError
    from nats.js.errors import APIError

    if not isinstance(error, NatsError):
        return None
    if isinstance(error, APIError) and error.err_code in _NO_JETSTREAM:
        return _misconfigured(NATS, JETSTREAM, error.description)
    text = "authorization violation" if isinstance(error, AuthorizationError) else str(error)
    faults = (fault for pattern, fault in _NATS.items() if re.search(pattern, text, re.IGNORECASE))
    return next((_misconfigured(NATS, fault, error) for fault in faults), None)


def _of_s3(error: BaseException) -> MisconfiguredError | None:
    from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return _misconfigured("ANLYT_S3_ACCESS_KEY", KEYS, "")
    # obstore raises FileNotFoundError for a missing object or bucket.
    return _s3(str(error)) if isinstance(error, BaseError | FileNotFoundError) else None


_DRIVERS: Final[Mapping[str, Callable[[BaseException], MisconfiguredError | None]]] = {
    "clickhouse_connect": _of_clickhouse,
    "nats": _of_nats,
    "obstore": _of_s3,
}


def _clickhouse_reason(error: "ClickHouseError") -> str:
    """'... Code: 81. DB::Exception: Database mine does not exist. (UNKNOWN_DATABASE) ...' -> its sentence."""
    sentence = re.search(r"DB::Exception: (.*?)(?:\. \(| \([A-Z_]+\)|\n|$)", str(error))
    return sentence[1] if sentence else str(error)


def _s3(text: str) -> MisconfiguredError | None:
    # The reason is the error's code alone: S3's text is an XML document, and may contain keys.
    matches = ((pattern, re.search(pattern, text)) for pattern in _S3)
    return next((_misconfigured(*_S3[pattern], match[0]) for pattern, match in matches if match), None)


def _misconfigured(setting: str, fault: Fault, reason: object) -> MisconfiguredError:
    text = str(reason).strip().partition("\n")[0].rstrip(".")[:LONGEST_REASON]
    return MisconfiguredError(setting, fault.problem, text, fault.advice)
