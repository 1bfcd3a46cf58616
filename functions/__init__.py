"""What to do with a batch of events: pure functions, listed here and nowhere else."""

from functions.billing_metrics import billing_metrics
from functions.delivery_metrics import delivery_metrics
from functions.function import AnyFunction

FUNCTIONS: tuple[AnyFunction, ...] = (billing_metrics, delivery_metrics)
