"""Turns compliance evaluations into rows of facts_compliance."""

from collections.abc import Sequence

from functions.facts import fields_of, identities, numbers, texts, touched_cells
from functions.function import Batch, function
from schema.decoding import Stamped
from schema.events import ComplianceAudit
from schema.facts import FACTS_COMPLIANCE
from schema.instants import HOUR
from schema.streams import COMPLIANCE_AUDIT, COMPLIANCE_DURABLE
from schema.writes import Facts


@function(
    stream=COMPLIANCE_AUDIT,
    durable=COMPLIANCE_DURABLE,
    span="anlyt.process.complianceFacts",
    batch=Batch(15_000, seconds=1, apart=0.2),
)
def compliance_facts(events: Sequence[Stamped[ComplianceAudit]]) -> Facts:
    """One row per evaluation; its findings are four parallel arrays."""
    fields = fields_of(ComplianceAudit, events)
    findings = fields["findings"]
    columns = {
        **identities(events, fields),
        **texts(fields, "account_id", "mno", "lane", "verdict", "evaluation_id", "message_id", "rule_set_id"),
        "rule_ids": [[finding.rule_id for finding in row] for row in findings],
        "rule_names": [[finding.rule_name for finding in row] for row in findings],
        "rule_types": [[finding.rule_type for finding in row] for row in findings],
        "rule_actions": [[finding.action for finding in row] for row in findings],
        "rule_set_version": [str(each) for each in fields["rule_set_version"]],
        **numbers(fields, "evaluation_latency_ms"),
    }
    return Facts(FACTS_COMPLIANCE, columns, "cube_compliance_hourly", touched_cells(columns, HOUR))
