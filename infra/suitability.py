"""What a stream or a durable consumer that exists already must be like. Pure: over JetStream's own JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

from schema.streams import DEADLETTER, Stream

Config: TypeAlias = Mapping[str, Any]
Fits: TypeAlias = Callable[[Any], bool]

SECOND: Final = 10**9  # JetStream's durations are nanoseconds
# Longer than any batch takes, shorter than anyone wants to wait for what a dead worker had.
ACK_WAIT_SECONDS: Final = 60
ACK_WAITS: Final = (1 * SECOND, 300 * SECOND)  # what somebody else may have chosen
# Several workers, each with two requests of the largest batch under way.
MAX_ACK_PENDING: Final = 60_000
MAX_WAITING: Final = 16  # requests of all workers of a function
LONGEST_LETTER: Final = 16 << 10  # bytes

START: Final = "anlyt.start"  # in the metadata of a consumer that a backfill made again, where servers cannot reset it
REWIND: Final = "anlyt.rewind"  # of a consumer that has been put right, and is not moved back yet


@dataclass(frozen=True, slots=True)
class Finding:
    """A field that is not as it must be."""

    field: str
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.field} {self.found} where {self.wanted} is wanted"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field of a consumer must be (None: not set). With `change`, a server lets it be put right.

    `skips`: while it was wrong, the consumer may have passed over messages for good.
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
    """What is wrong with a consumer that shall deliver all of `stream`, which begins with `first_sequence`."""
    rules = (*RULES, _delivery(config, first_sequence), _filter(config, stream))
    return [
        (Finding(rule.field, _told(rule.field, config.get(rule.field)), rule.wanted), rule)
        for rule in rules
        if not rule.fits(config.get(rule.field))
    ]


def corrected(config: Config, rules: Sequence[Rule]) -> dict[str, Any]:
    """The configuration with these rules kept."""
    changes = {name: value for rule in rules for name, value in (rule.change or {}).items()}
    return {name: value for name, value in {**config, **changes}.items() if value is not None}


def _delivery(config: Config, first_sequence: int) -> Rule:
    """From the beginning: what a backfill made again begins where it was told to, and has had what is older."""
    ours = START in (config.get("metadata") or {})
    whole = config.get("deliver_policy") == "by_start_sequence" and (config.get("opt_start_seq") or 1) <= first_sequence
    return Rule("deliver_policy", "all", lambda value: value == "all" or ours or whole)


def _filter(config: Config, stream: Stream) -> Rule:
    """Exactly the stream's subject: another one's messages are not events of this function."""
    filters = _filters(config)
    field = "filter_subjects" if config.get("filter_subjects") else "filter_subject"
    change = {"filter_subject": stream.subject, "filter_subjects": None}
    passed_over = bool(filters) and not any(covers(each, stream.subject) for each in filters)
    return Rule(field, stream.subject, lambda _: filters == [stream.subject], change, skips=passed_over)


def _filters(config: Config) -> list[str]:
    return list(config.get("filter_subjects") or filter(None, [config.get("filter_subject")]))


def stream_findings(config: Config, stream: Stream) -> Sequence[Finding]:
    """What makes a stream useless to us. It belongs to its producer, so all else is as it is."""
    found = [("retention", config.get("retention"), "limits", config.get("retention") == "limits")]
    derived = config.get("mirror") or config.get("sources")
    subjects = config.get("subjects") or []
    found.append(
        ("subjects", subjects, stream.subject, bool(derived) or any(covers(s, stream.subject) for s in subjects))
    )
    if stream.is_ours:
        size = config.get("max_msg_size")
        found += [
            ("sealed", config.get("sealed"), "false", not config.get("sealed")),
            ("no_ack", config.get("no_ack"), "false", not config.get("no_ack")),
            ("max_msg_size", size, f"{LONGEST_LETTER} or more", _unlimited(LONGEST_LETTER)(size)),
        ]
    return [Finding(field, _told(field, value), wanted) for field, value, wanted, fits in found if not fits]


def stream_warnings(config: Config, stream: Stream) -> Sequence[Finding]:
    """Limits that may lose events before they are counted, or dead letters before they are read."""
    age, window = config.get("max_age") or 0, config.get("duplicate_window") or 0
    kept, remembered = _nanoseconds(stream.retention), _nanoseconds(stream.duplicate_window)
    limits = [("max_age", age, f"{stream.retention.days} days or more", not age or age >= kept)]
    limits += [
        (name, config.get(name), "no limit", _unlimited(2**63)(config.get(name) or None))
        for name in ("max_msgs", "max_bytes", "max_msgs_per_subject")
    ]
    if stream is DEADLETTER:
        limits.append(("duplicate_window", window, f"{stream.duplicate_window.days} days", window >= remembered))
        limits.append(("deny_delete", config.get("deny_delete"), "false", not config.get("deny_delete")))
    elif not stream.is_ours:
        limits.append(("sealed", config.get("sealed"), "false", not config.get("sealed")))
    return [Finding(field, _told(field, value), wanted) for field, value, wanted, fits in limits if not fits]


def covers(pattern: str, subject: str) -> bool:
    """Whether every subject of `subject` is one of `pattern`."""
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


def _told(field: str, value: Any) -> str:
    match value:
        case None | []:
            return "none"
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(_told(field, each) for each in value)
        case int() if field in DURATIONS:
            return f"{value / SECOND:g} seconds"
        case _:
            return str(value)
