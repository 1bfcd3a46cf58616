"""All settings of the product, read from the environment once, at start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args
from urllib.parse import urlsplit

from infra.errors import UsageError
from infra.setting_values import (
    clickhouse_url,
    count,
    days,
    file_or_url,
    flag,
    matching,
    one_of,
    origins,
    port,
    several_of,
    url,
)
from infra.tlog.witnesses import Witness, parse_witnesses

Auth = Literal["headers", "mesh", "jwt"]
LogFormat = Literal["json", "text"]


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """The configuration of one process. It contains secrets, so it has no repr.

    None means that a setting is not set. For an engine, `anlyt dev` then starts its own.
    """

    home: Path
    nats_url: str | None
    postgres_dsn: str | None
    postgres_read_dsn: str | None
    clickhouse_dsn: str | None
    clickhouse_cluster: str | None
    api_host: str
    api_port: int
    metrics_port: int
    audit_host: str
    audit_port: int
    auth: tuple[Auth, ...]
    jwks: str | None
    jwt_audience: str | None
    jwt_issuer: str | None
    trust_network: bool
    trust_domain: str | None
    rate_limit: int
    cors_origins: tuple[str, ...]
    persisted_operations: str | None
    persisted_only: bool
    reporting_currency: str
    dedup_days: int | None
    deadletter_share: int
    deadletter_window: int
    deadletter_least: int
    integrity_lag_hours: int
    tlog_origin: str
    tlog_signing_key: str | None
    witnesses: tuple[Witness, ...] | None
    witnesses_needed: int | None
    otlp_endpoint: str | None
    log_format: LogFormat | None
    tls_cert: str | None
    tls_key: str | None
    tls_client_ca: str | None
    tls_client_crl: str | None
    s3_endpoint: str | None
    s3_bucket: str | None
    s3_access_key: str | None
    s3_secret_key: str | None
    s3_region: str
    export_days: int
    export_signing_key: str | None
    export_writer: bool
    export_concurrency: int
    export_rows: int
    export_megabytes: int
    signing_key: str | None
    report_timeout: int
    report_concurrency: int | None
    query_concurrency: int
    query_rows_per_minute: int
    pages: bool
    frame_ancestors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """One setting. `parse` turns text into its value, or raises ValueError with what is expected.

    `default`: the text when unset. `is_path`: the value names a file that is read again when it changes, so NAME_FILE
    sets the same path.
    """

    parse: Callable[[str], Any]
    default: str | None
    meaning: str
    is_path: bool = False


SPECS: Final[Mapping[str, Spec]] = {
    "home": Spec(Path, ".anlyt", "Folder of the embedded engines' data and of `endpoints.json`."),
    "nats_url": Spec(url("nats", "tls", several=True), None, "NATS servers, separated by commas."),
    "postgres_dsn": Spec(url("postgres", "postgresql"), None, "PostgreSQL, for reads and writes."),
    "postgres_read_dsn": Spec(url("postgres", "postgresql"), None, "PostgreSQL replica that the API reads instead."),
    "clickhouse_dsn": Spec(clickhouse_url, None, "ClickHouse, always as `http://user:password@host:8123/anlyt`."),
    "clickhouse_cluster": Spec(
        matching(r"\w{1,64}", "a cluster's name"), None, "Cluster on which DDL is applied; unset: one node."
    ),
    "api_host": Spec(str, "127.0.0.1", "Address that the API listens on."),
    "api_port": Spec(port, "3030", "Port of GraphQL and REST; 0 picks a free one."),
    "metrics_port": Spec(port, "9464", "Port of `/metrics`; 0 picks a free one."),
    "audit_host": Spec(str, "127.0.0.1", "Address that the regulator's mTLS listener listens on."),
    "audit_port": Spec(port, "3443", "Port of the regulator's mTLS listener; 0 picks a free one."),
    "auth": Spec(
        several_of(*get_args(Auth)),
        "headers",
        "How callers are identified: one or several of `headers`, `mesh`, `jwt`.",
    ),
    "jwks": Spec(file_or_url, None, "File or URL of the keys that sign bearer tokens."),
    "jwt_audience": Spec(str, None, "Audience that a bearer token must name."),
    "jwt_issuer": Spec(str, None, "Issuer that a bearer token must name."),
    "trust_network": Spec(flag, "0", "1: identity headers are trusted on addresses other than loopback, too."),
    "trust_domain": Spec(
        matching(r"[a-z0-9._-]{1,255}", "a SPIFFE trust domain, such as cluster.local"),
        None,
        "Trust domain that a SPIFFE id must have; unset: any that the proxy accepts.",
    ),
    "rate_limit": Spec(
        count(0, 10**6), "1000", "Requests per second that one tenant may send to the API; 0: no limit."
    ),
    "cors_origins": Spec(
        origins,
        "none",
        "Origins whose pages may call the API from a browser, separated by commas, such as `https://portal.example`; "
        "`none`: nobody's.",
    ),
    "persisted_operations": Spec(
        str, None, "File of persisted GraphQL operations: a JSON object of SHA-256 -> document."
    ),
    "persisted_only": Spec(flag, "0", "1: GraphQL answers persisted operations only."),
    "reporting_currency": Spec(
        matching(r"[A-Z]{3}", "three capital letters, such as USD"),
        "USD",
        "Currency of `totalCost`; other currencies are reported separately. Fixed once a database is created.",
    ),
    "dedup_days": Spec(
        days,
        None,
        "Days for which the ledger remembers counted events, at least as many as the streams keep messages. 0: without "
        "limit. Unset: 9, or as many as the streams keep messages.",
    ),
    "deadletter_share": Spec(
        count(1, 100),
        "50",
        "Per cent of a function's last messages that may be bad: above it, the function stops until an operator "
        "intervenes. 100: it never stops.",
    ),
    "deadletter_window": Spec(
        count(1, 10**6),
        "10000",
        "Number of a function's last messages over which `deadletter_share` is computed; a process begins with none.",
    ),
    "deadletter_least": Spec(
        count(1, 10**6), "1000", "Smallest number of bad messages in the window at which a function stops."
    ),
    "integrity_lag_hours": Spec(
        count(1, 720), "24", "Hours after a day's end at which its compliance facts enter the hash chain."
    ),
    "tlog_origin": Spec(
        matching(r"[^\s+]{1,200}", "a name without spaces and plus signs, such as anlyt.example/log"),
        "localhost/anlyt",
        "Name of the transparency log: its address without a scheme. It never changes.",
    ),
    "tlog_signing_key": Spec(
        str,
        None,
        "One or several Ed25519 keys, in PEM (PKCS 8), that sign the log's checkpoints, each of them; unset: the key "
        "that `anlyt migrate` created.",
    ),
    "witnesses": Spec(
        lambda text: tuple(parse_witnesses(text)),
        None,
        "Witnesses of the transparency log, separated by commas, each as NAME+ID+KEY@URL (C2SP tlog-witness).",
    ),
    "witnesses_needed": Spec(
        count(0, 100), None, "How many witnesses must have signed a checkpoint before it is shown; unset: all of them."
    ),
    "otlp_endpoint": Spec(url("http", "https"), None, "OTLP/HTTP collector of traces; unset: no export."),
    "log_format": Spec(
        one_of(*get_args(LogFormat)), None, "`json` lines or readable `text`; unset: `text` on a terminal, else `json`."
    ),
    "tls_cert": Spec(
        str, None, "PEM file of the audit listener's certificate and its chain up to the root.", is_path=True
    ),
    "tls_key": Spec(str, None, "PEM file of the audit listener's key.", is_path=True),
    "tls_client_ca": Spec(
        str, None, "PEM file of the authorities that sign the regulator's client certificates.", is_path=True
    ),
    "tls_client_crl": Spec(
        str,
        None,
        "PEM file of these authorities' revocation lists, one per authority; unset: no certificate is revoked.",
        is_path=True,
    ),
    "s3_endpoint": Spec(url("http", "https"), None, "S3 endpoint of exports and the cold tier."),
    "s3_bucket": Spec(str, None, "S3 bucket of exports and the cold tier."),
    "s3_access_key": Spec(str, None, "S3 access key."),
    "s3_secret_key": Spec(str, None, "S3 secret key."),
    "s3_region": Spec(str, "us-east-1", "S3 region; only AWS uses it."),
    "export_days": Spec(count(1, 3650), "30", "Days for which the files of finished exports are kept."),
    "export_signing_key": Spec(
        str,
        None,
        "Ed25519 key, in PEM (PKCS 8), that signs export manifests; unset: the key that `anlyt migrate` created.",
    ),
    "export_writer": Spec(
        flag, "1", "0: this API process only takes requests for exports of queries; other ones write them."
    ),
    "export_concurrency": Spec(
        count(1, 1000),
        "10",
        "Exports of one tenant's queries that may be unfinished; 2 of them are written at the same time. This and the "
        "next two limits are 4 times as high for the platform's own callers.",
    ),
    "export_rows": Spec(
        count(1, 10**12),
        "50000000",
        "Rows that the exports of one tenant may have together until they expire.",
    ),
    "export_megabytes": Spec(count(1, 10**9), "10000", "The same limit in megabytes of files."),
    "signing_key": Spec(
        matching(r".{32,}", "at least 32 characters"),
        None,
        "Key that signs cursors, the same for all processes; unset: the key that `anlyt migrate` created.",
    ),
    "report_timeout": Spec(
        count(1, 600),
        "10",
        "Seconds that a report may take while its engines answer; then its statements are cancelled (503).",
    ),
    "report_concurrency": Spec(
        count(1, 1000),
        None,
        "Reports that read concurrently in each API process. Four times as many requests are begun; others wait for at "
        "most half a second. Unset: three quarters of the connections to PostgreSQL.",
    ),
    "query_concurrency": Spec(
        count(1, 1000),
        "8",
        "Queries of one tenant that run concurrently in each API process; the platform's own callers may run 4 times "
        "as many.",
    ),
    "query_rows_per_minute": Spec(
        count(1, 10**15),
        "2000000000",
        "Rows per minute that the queries of one tenant may read in each API process; the platform's own callers may "
        "read 4 times as many.",
    ),
    "pages": Spec(flag, "1", "0: the API serves no pages; their paths are 404."),
    "frame_ancestors": Spec(
        origins, "none", "Origins whose pages may embed ours in a frame, separated by commas; `none`: nobody's."
    ),
}


def variable(name: str) -> str:
    """The environment variable of a setting: "api_port" -> "ANLYT_API_PORT"."""
    return f"ANLYT_{name.upper()}"


def _text(name: str, spec: Spec, environment: Mapping[str, str]) -> str | None:
    """The text of a setting, from its variable or from the file that NAME_FILE names; None if it is unset or empty."""
    key = variable(name)
    file = environment.get(f"{key}_FILE")
    if not file:
        return environment.get(key) or None
    if environment.get(key):
        raise UsageError(f"{key} and {key}_FILE are both set; keep one of them.")
    if spec.is_path:
        return file
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{key}_FILE: {file} cannot be read ({type(error).__name__}).") from error


def _value(name: str, spec: Spec, environment: Mapping[str, str]) -> Any:
    text = _text(name, spec, environment) or spec.default
    if text is None:
        return None
    try:
        return spec.parse(text)
    except ValueError as error:
        raise UsageError(f"{variable(name)} must be {error}.") from error


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises UsageError with the variable that is unknown or wrong."""
    known = {variable(name) for name in SPECS} | {f"{variable(name)}_FILE" for name in SPECS}
    unknown = sorted(key for key in environment if key.startswith("ANLYT_") and key not in known)
    if unknown:
        raise UsageError(f"{unknown[0]} is not a setting of anlyt; docs/reference/settings.md lists them all.")
    values = {name: _value(name, spec, environment) for name, spec in SPECS.items()}
    return _checked(Settings(**cast(Any, values)))


def _checked(settings: Settings) -> Settings:
    """The settings. Raises UsageError if two of them contradict each other, or together trust an open network."""
    trusting = [name for name in settings.auth if name != "jwt"]
    if trusting and settings.api_host not in _LOOPBACK and not settings.trust_network:
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
    if keys.scheme == "http" and keys.hostname not in _LOOPBACK and not settings.trust_network:
        raise UsageError("ANLYT_JWKS must be an https URL, unless ANLYT_TRUST_NETWORK=1 trusts the network.")
    return settings


_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


assert set(SPECS) == {field.name for field in fields(Settings)}
