"""The configuration that an existing stream or durable consumer must have. Pure: works on JetStream's JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

from schema.streams import DEADLETTER, Stream

Config: TypeAlias = Mapping[str, Any]
Fits: TypeAlias = Callable[[Any], bool]

SECOND: Final = 10**9  # JetStream's durations are nanoseconds
DAY: Final = 86_400 * SECOND
# Longer than a batch takes. A dead worker's messages are redelivered after this time.
ACK_WAIT_SECONDS: Final = 60
ACK_WAITS: Final = (1 * SECOND, 300 * SECOND)  # shortest and longest that we accept
# Several workers, each with two open requests of the largest batch.
MAX_ACK_PENDING: Final = 60_000
MAX_WAITING: Final = 16  # open requests of all workers of a function
LARGEST_DEADLETTER: Final = 16 << 10  # bytes

# Keys in a consumer's metadata.
START: Final = "anlyt.start"  # a backfill recreated the consumer, because the server cannot reset it
REWIND: Final = "anlyt.rewind"  # the consumer was corrected, and has not been moved back yet


@dataclass(frozen=True, slots=True)
class Finding:
    """A field with a wrong value: `found` instead of `wanted`."""

    field: str
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.field} {self.found} where {self.wanted} is wanted"


@dataclass(frozen=True, slots=True)
class Rule:
    """The values that a field of a consumer may have (None: not set).

    `change`: the fields that correct it, None if servers do not allow the change. `skips`: with a wrong value, the
    consumer may have skipped messages for good.
    """

    field: str
    wanted: str
    fits: Fits
    change: Config | None = None
    skips: bool = False


def _unset(value: Any) -> bool:
    return not value


def _is(wanted: str) -> Fits:
    return lambda value: value == wanted


def _unlimited(least: int) -> Fits:
    return lambda value: value is None or value < 0 or value >= least


RULES: Final[Sequence[Rule]] = (
    Rule("deliver_subject", "none", _unset),
    Rule("ack_policy", "explicit", _is("explicit")),
    Rule("replay_policy", "instant", _is("instant")),
    Rule("max_waiting", f"{MAX_WAITING} or more", _unlimited(MAX_WAITING)),
    Rule("headers_only", "false", _unset, {"headers_only": None}, skips=True),
    Rule("max_deliver", "-1", _unlimited(2**31), {"max_deliver": -1}, skips=True),
    Rule("backoff", "none", _unset, {"backoff": None, "ack_wait": ACK_WAIT_SECONDS * SECOND}),
    Rule(
        "ack_wait",
        "1 to 300 seconds",
        lambda value: ACK_WAITS[0] <= value <= ACK_WAITS[1],
        {"ack_wait": ACK_WAIT_SECONDS * SECOND},
    ),
    Rule(
        "max_ack_pending",
        f"{MAX_ACK_PENDING} or more",
        _unlimited(MAX_ACK_PENDING),
        {"max_ack_pending": MAX_ACK_PENDING},
    ),
    *(Rule(field, "none", _unset, {field: None}) for field in ("max_batch", "max_expires", "max_bytes")),
    Rule("inactive_threshold", "none", _unset, {"inactive_threshold": None}),
    Rule(
        "priority_policy",
        "none",
        lambda value: value in {None, "none"},
        {"priority_policy": None, "priority_groups": None, "priority_timeout": None},
    ),
)


def consumer_findings(config: Config, stream: Stream, first_sequence: int) -> Sequence[tuple[Finding, Rule]]:
    """The wrong fields of a consumer that should deliver all of `stream`, whose first sequence is `first_sequence`."""
    rules = (*RULES, _delivery(config, first_sequence), _filter(config, stream))
    return [
        (Finding(rule.field, _in_words(rule.field, config.get(rule.field)), rule.wanted), rule)
        for rule in rules
        if not rule.fits(config.get(rule.field))
    ]


def corrected(config: Config, rules: Sequence[Rule]) -> dict[str, Any]:
    """The configuration, changed to follow these rules."""
    changes = {name: value for rule in rules for name, value in (rule.change or {}).items()}
    return {name: value for name, value in {**config, **changes}.items() if value is not None}


def _delivery(config: Config, first_sequence: int) -> Rule:
    """Delivery must begin with the first message. A consumer that a backfill recreated may begin later."""
    ours = START in (config.get("metadata") or {})
    whole = config.get("deliver_policy") == "by_start_sequence" and (config.get("opt_start_seq") or 1) <= first_sequence
    return Rule("deliver_policy", "all", lambda value: value == "all" or ours or whole)


def _filter(config: Config, stream: Stream) -> Rule:
    """The filter must be exactly the stream's subject: messages of others are not events of this function."""
    filters = _filters(config)
    field = "filter_subjects" if config.get("filter_subjects") else "filter_subject"
    change = {"filter_subject": stream.subject, "filter_subjects": None}
    passed_over = bool(filters) and not any(covers(each, stream.subject) for each in filters)
    return Rule(field, stream.subject, lambda _: filters == [stream.subject], change, skips=passed_over)


def _filters(config: Config) -> list[str]:
    return list(config.get("filter_subjects") or filter(None, [config.get("filter_subject")]))


def stream_findings(config: Config, stream: Stream) -> Sequence[Finding]:
    """The fields with which we cannot use a stream. All others are its producer's choice."""
    checks = [("retention", config.get("retention"), "limits", config.get("retention") == "limits")]
    derived = config.get("mirror") or config.get("sources")
    subjects = config.get("subjects") or []
    checks.append(
        ("subjects", subjects, stream.subject, bool(derived) or any(covers(s, stream.subject) for s in subjects))
    )
    if stream.is_ours:
        size = config.get("max_msg_size")
        checks += [
            ("sealed", config.get("sealed"), "false", not config.get("sealed")),
            ("no_ack", config.get("no_ack"), "false", not config.get("no_ack")),
            ("max_msg_size", size, f"{LARGEST_DEADLETTER} or more", _unlimited(LARGEST_DEADLETTER)(size)),
        ]
    return [Finding(field, _in_words(field, value), wanted) for field, value, wanted, fits in checks if not fits]


def stream_warnings(config: Config, stream: Stream, *, clustered: bool = False) -> Sequence[Finding]:
    """What may lose events before they are counted, or dead letters before they are read.

    `clustered`: the stream is in a cluster of servers.
    """
    age, window = config.get("max_age") or 0, config.get("duplicate_window") or 0
    kept, remembered = _nanoseconds(stream.retention), _nanoseconds(stream.duplicate_window)
    limits = [("max_age", age, f"{_duration(kept)} or more", not age or age >= kept)]
    limits += [
        (name, config.get(name), "no limit", _unlimited(2**63)(config.get(name) or None))
        for name in ("max_msgs", "max_bytes", "max_msgs_per_subject")
    ]
    if clustered:
        limits.append(("num_replicas", config.get("num_replicas"), "3", config.get("num_replicas", 1) > 1))
    if stream is DEADLETTER:
        limits.append(("duplicate_window", window, _duration(remembered), window >= remembered))
        limits.append(("deny_delete", config.get("deny_delete"), "false", not config.get("deny_delete")))
    elif not stream.is_ours:
        limits.append(("sealed", config.get("sealed"), "false", not config.get("sealed")))
    return [Finding(field, _in_words(field, value), wanted) for field, value, wanted, fits in limits if not fits]


def covers(pattern: str, subject: str) -> bool:
    """Whether `pattern` matches all subjects that `subject` matches."""
    theirs, ours = pattern.split("."), subject.split(".")
    for number, part in enumerate(theirs):
        if part == ">":
            return len(ours) > number
        if number >= len(ours) or ours[number] == ">" or part not in {"*", ours[number]}:
            return False
    return len(theirs) == len(ours)


def _nanoseconds(duration: timedelta) -> int:
    return int(duration.total_seconds()) * SECOND


DURATIONS: Final = frozenset(
    {"ack_wait", "max_age", "max_expires", "inactive_threshold", "duplicate_window", "backoff"}
)


def _duration(nanoseconds: int) -> str:
    """A duration as people write it: "1 day", "7 days" or "90 seconds"."""
    days, rest = divmod(nanoseconds, DAY)
    if rest or not days:
        return f"{nanoseconds / SECOND:g} seconds"
    return "1 day" if days == 1 else f"{days} days"


def _in_words(field: str, value: Any) -> str:
    match value:
        case None | []:
            return "none"
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(_in_words(field, each) for each in value)
        case int() if field in DURATIONS:
            return _duration(value)
        case _:
            return str(value)
