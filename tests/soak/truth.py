"""What has to be stored after a run, added up hour by hour. Shares no code with the product."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from schema.streams import BILLING_EVENTS, CDR_EVENTS, COMPLIANCE_AUDIT, SMS_DLR
from tests.soak.journal import Journal
from tests.support import fact_reference, reference
from tests.support.cube_reference import Cells, expected_cubes, latencies

HOUR: Final = timedelta(hours=1)
DAILY: Final = {"cube_dlr_hourly": "cube_dlr_daily", "cube_cdr_hourly": "cube_cdr_daily"}
LARGEST: Final = {"cube_dlr_hourly": 4}  # the place of the figure that is a maximum: max_tps
PLACE_OF_HOUR: Final = 1  # in a cell's key


@dataclass(frozen=True)
class Hour:
    """The facts of one hour, and when it begins."""

    start: datetime
    facts: fact_reference.Expected


@dataclass
class Truth:
    """`counted`: the rows of PostgreSQL. `cubes`, `samples`: as tests/support/cube_reference.py has them.

    `evaluations`: facts of compliance by tenant and day. `reports`: delivery reports by tenant and status.
    """

    counted: reference.Expected = field(default_factory=lambda: _nothing())
    cubes: dict[str, dict[Any, Any]] = field(default_factory=lambda: defaultdict(dict))
    samples: dict[tuple[str, datetime], list[int]] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    evaluations: dict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))
    reports: dict[tuple[date, str, str], int] = field(default_factory=lambda: defaultdict(int))

    def read(self, journal: Journal, now: datetime) -> Iterator[Hour]:
        """Adds up all hours of the journal, and yields each. All copies of an event are of one hour."""
        for hour in journal.hours():
            messages = journal.of_hour(hour)
            metrics = reference.expect(messages[BILLING_EVENTS], messages[SMS_DLR], now)
            rest = messages[CDR_EVENTS], messages[COMPLIANCE_AUDIT]
            facts = fact_reference.expect(messages[SMS_DLR], *rest, arrived=now)
            self.counted = _together(self.counted, metrics)
            self._add_cubes(facts)
            self._add_counts(facts)
            yield Hour(datetime.fromisoformat(f"{hour}:00:00+00:00"), facts)

    def _add_cubes(self, facts: fact_reference.Expected) -> None:
        self.samples |= {key: list(each) for key, each in latencies(facts).items()}
        for cube, cells in expected_cubes(facts).items():
            if cube in DAILY.values():
                continue
            self.cubes[cube].update(cells)
            if daily := DAILY.get(cube):
                _add_days(self.cubes[daily], cells, LARGEST.get(cube, -1))

    def _add_counts(self, facts: fact_reference.Expected) -> None:
        for table, rows in facts.facts.items():
            self.facts[table] += rows.total()
        for row, count in facts.facts["facts_compliance"].items():
            self.evaluations[row[0], row[1].date()] += count
        status = fact_reference.COLUMNS["facts_dlr"].index("status")
        for row, count in facts.facts["facts_dlr"].items():
            self.reports[row[1].date(), row[0], row[status]] += count


def _add_days(days: dict[Any, Any], hours: Cells, largest: int) -> None:
    for key, figures in hours.items():
        day = key[PLACE_OF_HOUR].replace(hour=0)
        of_day = (*key[:PLACE_OF_HOUR], day, *key[PLACE_OF_HOUR + 1 :])
        before = days.get(of_day, (0,) * len(figures))
        pairs = enumerate(zip(before, figures, strict=True))
        days[of_day] = tuple(max(pair) if place == largest else sum(pair) for place, pair in pairs)


def _nothing() -> reference.Expected:
    return reference.Expected({}, {}, frozenset(), frozenset(), {}, 0, {}, {})


def _together(one: reference.Expected, other: reference.Expected) -> reference.Expected:
    """Both, which are of different hours."""
    newest: Mapping[str, datetime] = {
        name: max(each[name] for each in (one.data_as_of, other.data_as_of) if name in each)
        for name in one.data_as_of.keys() | other.data_as_of.keys()
    }
    return reference.Expected(
        {**one.metrics, **other.metrics},
        {**one.costs, **other.costs},
        one.accounts | other.accounts,
        one.days | other.days,
        newest,
        one.claims + other.claims,
        {**one.counted, **other.counted},
        {},
    )
