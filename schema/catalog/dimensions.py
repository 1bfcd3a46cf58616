"""The dimensions that datasets share."""

from typing import Final, get_args

from schema.catalog.terms import Dimension
from schema.facts import UNKNOWN
from schema.values import DeliveryStatus, Direction, Verdict

TENANT: Final = Dimension("tenantId", "The tenant that the message belongs to; `unknown` if its event names none.")
ACCOUNT: Final = Dimension("accountId", "The account that sent the message.")
OPERATOR: Final = Dimension("operatorId", "The operator's connection that carried the message.", reveals_mno=True)
MNO: Final = Dimension(
    "mno", "The mobile network operator; under a pseudonym for a tenant without a data-share addendum."
)
LANE: Final = Dimension("lane", "The priority lane: `P0_EMERGENCY`, `OTP`, `TRANSACTIONAL`, `MARKETING`, ...")
DIRECTION: Final = Dimension(
    "direction",
    "`MT`: to a handset, `MO`: from one; `unknown` if the event does not say.",
    values=(*get_args(Direction), UNKNOWN),
)
STATUS: Final = Dimension("status", "What became of the message, as reported.", values=get_args(DeliveryStatus))
ERROR_CODE: Final = Dimension("errorCode", "The operator's code of the error; null if it reported none.", nullable=True)
PREFIX: Final = Dimension("destinationPrefix", "The first 2-8 digits of the destination.", reveals_mno=True)
CURRENCY: Final = Dimension("currency", "The currency of the charge (ISO 4217).")
VERDICT: Final = Dimension("verdict", "What the compliance rules decided.", values=get_args(Verdict))
RULE_TYPE: Final = Dimension(
    "ruleType",
    "The types of the rules that were hit: an evaluation counts once under each of its distinct types, and under null "
    "if it has none. Without grouping by it, a filter keeps an evaluation if it keeps one of its types.",
    nullable=True,
)
