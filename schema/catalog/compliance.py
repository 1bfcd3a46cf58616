"""The dataset `compliance`: compliance evaluations."""

from typing import Final

from schema.catalog.dimensions import ACCOUNT, LANE, MNO, RULE_TYPE, TENANT, VERDICT
from schema.catalog.terms import CatalogTable, Dataset, Measure, Unnested, aggregate, columns, part
from schema.expressions import Column, Constant, Lambda, Name, call, equal, rounded_ratio
from schema.instants import HOUR

_VERDICTS: Final = {"blocked": "BLOCK", "held": "HOLD", "flagged": "FLAG", "allowed": "ALLOW"}
_TYPE: Final = Name("rule_type")
# The distinct rule types of an evaluation; [null] if there is none.
_TYPES: Final = call(
    "emptyArrayToSingle",
    call(
        "arrayMap",
        Lambda("rule_type", call("toNullable", call("toString", _TYPE))),
        call("arrayDistinct", Column("rule_types")),
    ),
)

FACTS: Final = CatalogTable(
    name="facts_compliance",
    time="event_time",
    cell=1,
    dimensions={
        **columns(tenantId="tenant_id", accountId="account_id", mno="mno", lane="lane", verdict="verdict"),
        "ruleType": _TYPE,
    },
    parts={
        "evaluations": aggregate("count"),
        **{
            name: aggregate("countIf", equal(Column("verdict"), Constant(verdict)))
            for name, verdict in _VERDICTS.items()
        },
        "latency_sum": aggregate("sum", Column("evaluation_latency_ms")),
    },
    unnested={"ruleType": Unnested(_TYPES, _TYPE)},
)
HOURLY: Final = CatalogTable(
    name="cube_compliance_hourly",
    time="hour",
    cell=HOUR,
    dimensions=columns(tenantId="tenant_id", mno="mno", lane="lane", verdict="verdict"),
    parts={
        "evaluations": aggregate("sum", Column("evaluations")),
        **{
            name: aggregate("sumIf", Column("evaluations"), equal(Column("verdict"), Constant(verdict)))
            for name, verdict in _VERDICTS.items()
        },
        "latency_sum": aggregate("sum", Column("latency_sum")),
    },
)


def _count(name: str, meaning: str) -> Measure:
    return Measure(name, "integer", "evaluations", meaning, part(name), nullable=False)


COMPLIANCE: Final = Dataset(
    name="compliance",
    meaning="Evaluations of messages against compliance rules, by the time of the evaluation.",
    measures=(
        _count("evaluations", "Evaluations, each counted once."),
        *(_count(name, f"Evaluations with the verdict `{verdict}`.") for name, verdict in _VERDICTS.items()),
        Measure(
            "blockRate",
            "rate",
            "ratio",
            "Blocked over all evaluations; null if there is none.",
            rounded_ratio(part("blocked"), part("evaluations"), 10_000),
        ),
        Measure(
            "avgEvaluationMs",
            "integer",
            "ms",
            "Mean time that an evaluation took, rounded half up; null if there is none.",
            rounded_ratio(part("latency_sum"), part("evaluations")),
        ),
    ),
    dimensions=(TENANT, ACCOUNT, MNO, LANE, VERDICT, RULE_TYPE),
    tables=(HOURLY, FACTS),
)
