"""`POST /v1/audit/query`: JSON -> AuditQuery."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, cast

from graph.access import ID_PATTERN
from graph.dsl.parse import LONGEST_CURSOR, MOST_ROWS, read_instant
from graph.dsl.problems import Problems
from graph.dsl.reading import Member, choice, flag, integer, read_object, text
from graph.dsl.source import read
from schema.catalog.audit import AUDITED, AuditDataset
from schema.catalog.dimensions import VERDICT

QUERY_PATH: Final = "/v1/audit/query"
LONGEST_WINDOW: Final = timedelta(days=5 * 365 + 2)  # five years, wherever their leap days are
FEW_ROWS: Final = 1_000

_ID: Final = re.compile(ID_PATTERN)


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What is asked of one tenant's facts in `from_` <= event time < `to`, at most `limit` of them."""

    tenant_id: str
    from_: datetime
    to: datetime
    dataset: AuditDataset
    verdict: str | None
    rule_type: str | None
    limit: int
    after: str | None
    evidence: bool

    def told(self) -> Mapping[str, Any]:
        """As it is recorded: without the cursor, of which the record has what it says."""
        return {**asdict(replace(self, after=None)), "from_": self.from_.isoformat(), "to": self.to.isoformat()}

    def fingerprint(self, caller: str) -> str:
        """Of what a cursor belongs to: the same for every page."""
        return sha256(repr((caller, replace(self, after=None, limit=0))).encode()).hexdigest()


def parse(source: bytes | Mapping[str, object]) -> AuditQuery:
    """InvalidQueryError with every problem."""
    problems = Problems()
    attributes = read_object("$", read(source) if isinstance(source, bytes) else source, problems, MEMBERS)
    check_window(attributes, problems)
    check_dataset(attributes, problems)
    problems.check()
    return AuditQuery(**attributes)


def check_window(attributes: Mapping[str, Any], problems: Problems) -> None:
    """Of what could be read of it."""
    from_, to = (cast("datetime | None", attributes.get(name)) for name in ("from_", "to"))
    if from_ is None or to is None:
        return
    if to <= from_:
        problems.add("$.to", "Must be later than `from`.")
    if to - from_ > LONGEST_WINDOW:
        problems.add("$.to", "Must be at most five years after `from`.")


def check_dataset(attributes: Mapping[str, Any], problems: Problems) -> None:
    """Only an evaluation has a verdict and rules, and a place in the chain."""
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
        problems.add(path, "Has U+0000, which no record can hold.")
    return written


MEMBERS: Final = {
    "tenantId": Member("tenant_id", _tenant),
    "from": Member("from_", read_instant),
    "to": Member("to", read_instant),
    "dataset": Member("dataset", choice("an audited dataset", tuple(AUDITED)), "compliance"),
    "verdict": Member("verdict", choice("a verdict", VERDICT.values), None),
    "ruleType": Member("rule_type", _rule_type, None),
    "limit": Member("limit", integer(1, MOST_ROWS), FEW_ROWS),
    "after": Member("after", text(LONGEST_CURSOR), None),
    "evidence": Member("evidence", flag, False),
}
