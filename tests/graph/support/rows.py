"""Random hourly rows, with refunds, more reports than messages, other currencies, and hours without samples."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from random import Random

from tests.graph.support.store import Row

OPERATORS = ("op-1", "op-2", "op:3")
ACCOUNTS = tuple(f"acc-{number}" for number in range(9))
SUBJECTS = (
    ("PLATFORM", "platform"),
    *(("OPERATOR", operator) for operator in OPERATORS),
    *(("ACCOUNT", account) for account in ACCOUNTS),
)
AMOUNTS = ("0", "0.000001", "0.333333", "12.5", "-0.000001", "-7.25", "999999999999.999999")


def random_rows(random: Random, hours: Sequence[datetime], density: float) -> list[Row]:
    """Rows for about a share of `density` of all hours of all subjects."""
    return [random_row(random, hour, *subject) for hour in hours for subject in SUBJECTS if random.random() < density]


def random_row(random: Random, hour: datetime, scope: str, id_: str) -> Row:
    messages = random.choice([0, 1, 3, 40, 1000, -2])
    delivered = random.randrange(abs(messages) + 2)
    currencies = random.sample(["AFN", "EUR"], random.choice([0, 0, 1, 2]))
    samples = [int(random.lognormvariate(7, 1.5)) for _ in range(random.choice([0, 0, 1, 5, 60]))]
    return Row(
        hour=hour,
        scope=scope,
        id=id_,
        messages=messages,
        delivered=delivered,
        failed=random.randrange(abs(messages) // 3 + 2),
        segments=messages * random.choice([1, 2]),
        cost=Decimal(random.choice(AMOUNTS)),
        peak=random.randrange(500),
        samples=samples,
        costs={currency: Decimal(random.choice(AMOUNTS)) for currency in currencies},
        pending=random.randrange(9),
        refunded=random.choice([*range(99), None]),
    )
