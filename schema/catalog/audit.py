"""The columns that an audit reads: facts, under the names of their events' fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from schema.catalog.cdr import FACTS as CDR_FACTS
from schema.catalog.compliance import FACTS as COMPLIANCE_FACTS
from schema.catalog.terms import CatalogTable
from schema.expressions import Column, Expression

AuditDataset = Literal["compliance", "cdr"]


@dataclass(frozen=True, slots=True)
class AuditedFacts:
    """A table of facts for audits. `columns`: name -> column. `at` (event time) and `key` identify a tenant's fact."""

    table: CatalogTable
    columns: Mapping[str, Expression]


def _columns(**names: str) -> Mapping[str, Expression]:
    shared = {"at": "event_time", "key": "event_key", "tenantId": "tenant_id", "accountId": "account_id"}
    return {name: Column(column) for name, column in {**shared, "mno": "mno", "lane": "lane", **names}.items()}


AUDITED: Final[Mapping[AuditDataset, AuditedFacts]] = {
    "compliance": AuditedFacts(
        COMPLIANCE_FACTS,
        _columns(
            verdict="verdict",
            evaluationId="evaluation_id",
            messageId="message_id",
            ruleIds="rule_ids",
            ruleNames="rule_names",
            ruleTypes="rule_types",
            ruleActions="rule_actions",
            ruleSetId="rule_set_id",
            ruleSetVersion="rule_set_version",
            evaluationLatencyMs="evaluation_latency_ms",
        ),
    ),
    "cdr": AuditedFacts(
        CDR_FACTS,
        _columns(
            operatorId="operator_id",
            direction="direction",
            destinationPrefix="destination_prefix",
            status="status",
            cdrId="cdr_id",
            messageId="message_id",
            segmentCount="segment_count",
            chargeAmount="charge_amount",
            currency="currency",
        ),
    ),
}
