"""All batch functions: pure functions that turn a batch of events into writes."""

from functions.billing_metrics import billing_metrics
from functions.cdr_facts import cdr_facts
from functions.compliance_facts import compliance_facts
from functions.delivery_metrics import delivery_metrics
from functions.dlr_facts import dlr_facts
from functions.function import AnyFunction

METRICS: tuple[AnyFunction, ...] = (billing_metrics, delivery_metrics)
FACTS: tuple[AnyFunction, ...] = (dlr_facts, cdr_facts, compliance_facts)
FUNCTIONS: tuple[AnyFunction, ...] = METRICS + FACTS
