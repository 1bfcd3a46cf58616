"""`POST /v1/audit/query`: JSON -> AuditQuery."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from graph.access import ID_PATTERN
from graph.dsl.parse import LONGEST_CURSOR, MOST_ROWS
from graph.dsl.problems import Problems
from graph.dsl.readers import Member, Shape, ValueReader, choice, flag, integer, read_object, text
from graph.dsl.source import read
from graph.dsl.time_ranges import ONE_RANGE, RANGE, ZONE, is_relative, read_range, resolve_range, split_instant
from schema.catalog.audit import AUDITED, AuditDataset
from schema.catalog.dimensions import VERDICT

QUERY_PATH: Final = "/v1/audit/query"
LONGEST_WINDOW: Final = timedelta(days=5 * 365 + 2)  # five years, wherever their leap days are
DEFAULT_ROWS: Final = 1_000

_ID: Final = re.compile(ID_PATTERN)


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Selects at most `limit` facts of one tenant, with `from_` <= event time < `to`."""

    tenant_id: str
    from_: datetime
    to: datetime
    dataset: AuditDataset
    verdict: str | None
    rule_type: str | None
    limit: int
    after: str | None
    evidence: bool
    log_size: int | None
    at: datetime | None = None  # the time of the first page's request, at which a relative window was resolved

    def to_payload(self) -> Mapping[str, Any]:
        """The query as it is logged: without the cursor, whose content the log has."""
        payload = {**asdict(replace(self, after=None)), "from_": self.from_.isoformat(), "to": self.to.isoformat()}
        del payload["at"]  # the resolved window is logged
        return payload

    def fingerprint(self, caller: str) -> str:
        """A hash of the caller and the query, equal on all pages, to which a cursor is bound."""
        return sha256(repr((caller, replace(self, after=None, limit=0))).encode()).hexdigest()


def parse(source: bytes | Mapping[str, object], now: datetime | None = None) -> AuditQuery:
    """Parses a query. Relative windows are resolved at `now` (default: the clock).

    Raises InvalidQueryError with all problems.
    """
    problems, value = Problems(), read(source) if isinstance(source, bytes) else source
    attributes = read_object("$", value, problems, MEMBERS)
    add_window(value, attributes, now or datetime.now(UTC), problems)
    check_dataset(attributes, problems)
    problems.check()
    return AuditQuery(**attributes)


def add_window(value: Mapping[str, object], attributes: dict[str, Any], now: datetime, problems: Problems) -> None:
    """Replaces the requested window by its two times, resolved at `now`, or at the time that `after` keeps."""
    time_range = read_range("$", value, attributes, problems)
    zone = attributes.pop("timezone", None)
    for member in RANGE.values():
        attributes.pop(member.attribute, None)
    if zone is not None and time_range is not None and not is_relative(time_range):
        problems.add("$.timezone", "Is for `window` and `last`; `from` and `to` have an offset of their own.")
    if time_range is None:
        return
    at = None
    if is_relative(time_range):
        at, attributes["after"] = split_instant(attributes.get("after"), now)
    found = resolve_range("$", time_range, zone or "UTC", at or now, problems)
    if found is None:
        return
    attributes["at"], (attributes["from_"], attributes["to"]) = at, found
    if found[1] - found[0] > LONGEST_WINDOW:
        problems.add("$.last" if is_relative(time_range) else "$.to", "Must be at most five years after `from`.")


def check_dataset(attributes: Mapping[str, Any], problems: Problems) -> None:
    """Reports filters and evidence for the dataset cdr: only compliance has verdicts, rules and evidence."""
    if attributes.get("dataset") != "cdr":
        return
    for name, attribute in (("verdict", "verdict"), ("ruleType", "rule_type")):
        if attributes.get(attribute) is not None:
            problems.add(f"$.{name}", "Is for the dataset compliance only.")
    if attributes.get("evidence"):
        problems.add("$.evidence", "Is for the dataset compliance only.")


def _tenant(path: str, value: object, problems: Problems) -> str | None:
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    problems.add(path, "Must be a text of 1-64 characters of A-Z a-z 0-9 _ . : -")
    return None


def _rule_type(path: str, value: object, problems: Problems) -> str | None:
    written: str | None = text()(path, value, problems)
    if written is not None and "\0" in written:
        problems.add(path, "Has U+0000, which no fact can contain.")
    return written


MOST_ENTRIES: Final = 1 << 53
_COMPLIANCE_ONLY: Final = "The dataset compliance only."
MEMBERS: Final = {
    "tenantId": Member(
        "tenant_id",
        ValueReader(_tenant, {"type": "string", "pattern": ID_PATTERN}),
        "The tenant whose facts to return.",
    ),
    **RANGE,
    "to": RANGE["to"]._replace(meaning=f"{RANGE['to'].meaning} At most five years after `from`."),
    "timezone": Member(
        "timezone", ZONE, "IANA zone of `window`, such as Asia/Kabul; goes with it or `last`. Default: UTC.", None
    ),
    "dataset": Member(
        "dataset", choice("an audited dataset", tuple(AUDITED)), "The dataset of the facts.", "compliance"
    ),
    "verdict": Member(
        "verdict",
        choice("a verdict", VERDICT.values),
        f"Only evaluations with this verdict. {_COMPLIANCE_ONLY}",
        None,
        nullable=True,
    ),
    "ruleType": Member(
        "rule_type",
        ValueReader(_rule_type, text().schema),
        f"Only evaluations with a finding of this type. {_COMPLIANCE_ONLY}",
        None,
        nullable=True,
    ),
    "limit": Member("limit", integer(1, MOST_ROWS), "Rows per page.", DEFAULT_ROWS),
    "after": Member("after", text(LONGEST_CURSOR), "`page.endCursor` of the previous page.", None, nullable=True),
    "evidence": Member(
        "evidence",
        flag,
        f"Whether the first page has evidence that the facts are complete and unchanged. {_COMPLIANCE_ONLY}",
        False,
    ),
    "logSize": Member(
        "log_size",
        integer(0, MOST_ENTRIES),
        "The size of a checkpoint that you keep: evidence proves that the log still begins with it.",
        None,
        nullable=True,
    ),
}
SHAPE: Final = Shape("AuditInput", "One tenant's facts in a window. The same in REST and GraphQL.", MEMBERS, ONE_RANGE)
