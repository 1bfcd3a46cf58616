"""All settings of the product, read from the environment once, at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast, get_args, get_type_hints

from infra.errors import UsageError
from infra.secret_files import FromFile
from infra.setting_conflicts import check_together
from infra.setting_values import (
    Spec,
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

    home: Annotated[Path, Spec(Path, ".anlyt", "Folder of the embedded engines' data and of `endpoints.json`.")]
    nats_url: Annotated[
        str | None, Spec(url("nats", "tls", several=True), None, "NATS servers, separated by commas.", is_renewed=True)
    ]
    postgres_dsn: Annotated[
        str | None, Spec(url("postgres", "postgresql"), None, "PostgreSQL, for reads and writes.", is_renewed=True)
    ]
    postgres_read_dsn: Annotated[
        str | None,
        Spec(url("postgres", "postgresql"), None, "PostgreSQL replica that the API reads instead.", is_renewed=True),
    ]
    clickhouse_dsn: Annotated[
        str | None,
        Spec(clickhouse_url, None, "ClickHouse, always as `http://user:password@host:8123/anlyt`.", is_renewed=True),
    ]
    clickhouse_cluster: Annotated[
        str | None,
        Spec(matching(r"\w{1,64}", "a cluster's name"), None, "Cluster on which DDL is applied; unset: one node."),
    ]
    api_host: Annotated[str, Spec(str, "127.0.0.1", "Address that the API listens on.")]
    api_port: Annotated[int, Spec(port, "3030", "Port of GraphQL and REST; 0 picks a free one.")]
    metrics_port: Annotated[int, Spec(port, "9464", "Port of `/metrics`; 0 picks a free one.")]
    audit_host: Annotated[str, Spec(str, "127.0.0.1", "Address that the regulator's mTLS listener listens on.")]
    audit_port: Annotated[int, Spec(port, "3443", "Port of the regulator's mTLS listener; 0 picks a free one.")]
    auth: Annotated[
        tuple[Auth, ...],
        Spec(
            several_of(*get_args(Auth)),
            "headers",
            "How callers are identified: one or several of `headers`, `mesh`, `jwt`.",
        ),
    ]
    jwks: Annotated[str | None, Spec(file_or_url, None, "File or URL of the keys that sign bearer tokens.")]
    jwt_audience: Annotated[str | None, Spec(str, None, "Audience that a bearer token must name.")]
    jwt_issuer: Annotated[str | None, Spec(str, None, "Issuer that a bearer token must name.")]
    trust_network: Annotated[
        bool, Spec(flag, "0", "1: identity headers are trusted on addresses other than loopback, too.")
    ]
    trust_domain: Annotated[
        str | None,
        Spec(
            matching(r"[a-z0-9._-]{1,255}", "a SPIFFE trust domain, such as cluster.local"),
            None,
            "Trust domain that a SPIFFE id must have; unset: any that the proxy accepts.",
        ),
    ]
    rate_limit: Annotated[
        int, Spec(count(0, 10**6), "1000", "Requests per second that one tenant may send to the API; 0: no limit.")
    ]
    cors_origins: Annotated[
        tuple[str, ...],
        Spec(
            origins,
            "none",
            "Origins whose pages may call the API from a browser, separated by commas, such as "
            "`https://portal.example`; `none`: nobody's.",
        ),
    ]
    persisted_operations: Annotated[
        str | None, Spec(str, None, "File of persisted GraphQL operations: a JSON object of SHA-256 -> document.")
    ]
    persisted_only: Annotated[bool, Spec(flag, "0", "1: GraphQL answers persisted operations only.")]
    reporting_currency: Annotated[
        str,
        Spec(
            matching(r"[A-Z]{3}", "three capital letters, such as USD"),
            "USD",
            "Currency of `totalCost`; other currencies are reported separately. Fixed once a database is created.",
        ),
    ]
    dedup_days: Annotated[
        int | None,
        Spec(
            days,
            None,
            "Days for which the ledger remembers counted events, at least as many as the streams keep messages. 0: "
            "without limit. Unset: 9, or as many as the streams keep messages.",
        ),
    ]
    deadletter_share: Annotated[
        int,
        Spec(
            count(1, 100),
            "50",
            "Per cent of a function's last messages that may be bad: above it, the function stops until an operator "
            "intervenes. 100: it never stops.",
        ),
    ]
    deadletter_window: Annotated[
        int,
        Spec(
            count(1, 10**6),
            "10000",
            "Number of a function's last messages over which `deadletter_share` is computed; a process begins with "
            "none.",
        ),
    ]
    deadletter_least: Annotated[
        int, Spec(count(1, 10**6), "1000", "Smallest number of bad messages in the window at which a function stops.")
    ]
    integrity_lag_hours: Annotated[
        int, Spec(count(1, 720), "24", "Hours after a day's end at which its compliance facts enter the hash chain.")
    ]
    crosscheck_milliseconds: Annotated[
        int,
        Spec(
            count(0, 60_000),
            "1200",
            "Time that a run of the pipeline `crosscheck`, once per minute, may take for comparisons; 0: none.",
        ),
    ]
    tlog_origin: Annotated[
        str,
        Spec(
            matching(r"[^\s+]{1,200}", "a name without spaces and plus signs, such as anlyt.example/log"),
            "localhost/anlyt",
            "Name of the transparency log: its address without a scheme. It never changes.",
        ),
    ]
    tlog_signing_key: Annotated[
        str | None,
        Spec(
            str,
            None,
            "One or several Ed25519 keys, in PEM (PKCS 8), that sign the log's checkpoints, each of them; unset: the "
            "key that `anlyt migrate` created.",
        ),
    ]
    witnesses: Annotated[
        tuple[Witness, ...] | None,
        Spec(
            lambda text: tuple(parse_witnesses(text)),
            None,
            "Witnesses of the transparency log, separated by commas, each as NAME+ID+KEY@URL (C2SP tlog-witness).",
        ),
    ]
    witnesses_needed: Annotated[
        int | None,
        Spec(
            count(0, 100),
            None,
            "How many witnesses must have signed a checkpoint before it is shown; unset: all of them.",
        ),
    ]
    otlp_endpoint: Annotated[
        str | None, Spec(url("http", "https"), None, "OTLP/HTTP collector of traces; unset: no export.")
    ]
    log_format: Annotated[
        LogFormat | None,
        Spec(
            one_of(*get_args(LogFormat)),
            None,
            "`json` lines or readable `text`; unset: `text` on a terminal, else `json`.",
        ),
    ]
    tls_cert: Annotated[
        str | None,
        Spec(str, None, "PEM file of the audit listener's certificate and its chain up to the root.", is_path=True),
    ]
    tls_key: Annotated[str | None, Spec(str, None, "PEM file of the audit listener's key.", is_path=True)]
    tls_client_ca: Annotated[
        str | None,
        Spec(str, None, "PEM file of the authorities that sign the regulator's client certificates.", is_path=True),
    ]
    tls_client_crl: Annotated[
        str | None,
        Spec(
            str,
            None,
            "PEM file of these authorities' revocation lists, one per authority; unset: no certificate is revoked.",
            is_path=True,
        ),
    ]
    s3_endpoint: Annotated[str | None, Spec(url("http", "https"), None, "S3 endpoint of exports and the cold tier.")]
    s3_bucket: Annotated[str | None, Spec(str, None, "S3 bucket of exports and the cold tier.")]
    s3_access_key: Annotated[str | None, Spec(str, None, "S3 access key.", is_renewed=True)]
    s3_secret_key: Annotated[str | None, Spec(str, None, "S3 secret key.", is_renewed=True)]
    s3_region: Annotated[str, Spec(str, "us-east-1", "S3 region; only AWS uses it.")]
    export_days: Annotated[int, Spec(count(1, 3650), "30", "Days for which the files of finished exports are kept.")]
    export_lock: Annotated[
        bool,
        Spec(
            flag,
            "0",
            "1: S3 locks the files of the audit's finished exports until they expire (object lock, COMPLIANCE): nobody "
            "can delete or change them before. The bucket must have object lock.",
        ),
    ]
    export_signing_key: Annotated[
        str | None,
        Spec(
            str,
            None,
            "Ed25519 key, in PEM (PKCS 8), that signs export manifests; unset: the key that `anlyt migrate` created.",
        ),
    ]
    export_writer: Annotated[
        bool, Spec(flag, "1", "0: this API process only takes requests for exports of queries; other ones write them.")
    ]
    export_concurrency: Annotated[
        int,
        Spec(
            count(1, 1000),
            "10",
            "Exports of one tenant's queries that may be unfinished; 2 of them are written at the same time. This "
            "and the next two limits are 4 times as high for the platform's own callers.",
        ),
    ]
    export_rows: Annotated[
        int,
        Spec(
            count(1, 10**12),
            "50000000",
            "Rows that the exports of one tenant may have together until they expire.",
        ),
    ]
    export_megabytes: Annotated[int, Spec(count(1, 10**9), "10000", "The same limit in megabytes of files.")]
    signing_key: Annotated[
        str | None,
        Spec(
            matching(r".{32,}", "at least 32 characters"),
            None,
            "Key that signs cursors, the same for all processes; unset: the key that `anlyt migrate` created.",
        ),
    ]
    report_timeout: Annotated[
        int,
        Spec(
            count(1, 600),
            "10",
            "Seconds that a report may take while its engines answer; then its statements are cancelled (503).",
        ),
    ]
    report_concurrency: Annotated[
        int | None,
        Spec(
            count(1, 1000),
            None,
            "Reports that read concurrently in each API process. Four times as many requests are begun; others wait "
            "for at most half a second. Unset: three quarters of the connections to PostgreSQL.",
        ),
    ]
    query_concurrency: Annotated[
        int,
        Spec(
            count(1, 1000),
            "8",
            "Queries of one tenant that run concurrently in each API process; the platform's own callers may run 4 "
            "times as many.",
        ),
    ]
    query_rows_per_minute: Annotated[
        int,
        Spec(
            count(1, 10**15),
            "2000000000",
            "Rows per minute that the queries of one tenant may read in each API process; the platform's own callers "
            "may read 4 times as many.",
        ),
    ]
    pages: Annotated[bool, Spec(flag, "1", "0: the API serves no pages; their paths are 404.")]
    frame_ancestors: Annotated[
        tuple[str, ...],
        Spec(origins, "none", "Origins whose pages may embed ours in a frame, separated by commas; `none`: nobody's."),
    ]


SPECS: Final[Mapping[str, Spec]] = {
    name: get_args(annotated)[1] for name, annotated in get_type_hints(Settings, include_extras=True).items()
}
"""Each setting by the name of its field, in order."""


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
        value = spec.parse(text)
    except ValueError as error:
        raise UsageError(f"{variable(name)} must be {error}.") from error
    file = environment.get(f"{variable(name)}_FILE")
    return FromFile(value, Path(file), spec.parse) if spec.is_renewed and file else value


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises UsageError with the variable that is unknown or wrong."""
    known = {variable(name) for name in SPECS} | {f"{variable(name)}_FILE" for name in SPECS}
    unknown = sorted(key for key in environment if key.startswith("ANLYT_") and key not in known)
    if unknown:
        raise UsageError(f"{unknown[0]} is not a setting of anlyt; docs/reference/settings.md lists them all.")
    values = {name: _value(name, spec, environment) for name, spec in SPECS.items()}
    settings = Settings(**cast(Any, values))
    check_together(settings)
    return settings
