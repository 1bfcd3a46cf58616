"""`POST /v1/audit/exports`: JSON -> ExportQuery."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from graph.audit.request import MEMBERS, add_window, check_dataset
from graph.dsl.problems import Problems
from graph.dsl.readers import Shape, read_object
from graph.dsl.source import read
from graph.dsl.time_ranges import ONE_RANGE, RANGE
from schema.catalog.audit import AuditDataset

# The members of a query without those for pages.
NAMES: Final = ("tenantId", *RANGE, "timezone", "dataset", "verdict", "ruleType")
EXPORT_MEMBERS: Final = {name: MEMBERS[name] for name in NAMES}
SHAPE: Final = Shape("ExportInput", "One tenant's facts in a window, as files.", EXPORT_MEMBERS, ONE_RANGE)


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """Selects facts of one tenant, with `from_` <= event time < `to`."""

    tenant_id: str
    from_: datetime
    to: datetime
    dataset: AuditDataset
    verdict: str | None
    rule_type: str | None

    def to_payload(self) -> Mapping[str, Any]:
        """The query as it is logged."""
        return {**asdict(self), "from_": self.from_.isoformat(), "to": self.to.isoformat()}


def parse(body: bytes) -> ExportQuery:
    """Parses a request. Raises InvalidQueryError with all problems."""
    problems, value = Problems(), read(body)
    attributes = read_object("$", value, problems, EXPORT_MEMBERS)
    add_window(value, attributes, datetime.now(UTC), problems)
    check_dataset(attributes, problems)
    problems.check()
    return ExportQuery(**{each.name: attributes[each.name] for each in fields(ExportQuery)})
