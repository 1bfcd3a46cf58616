"""Families whose totals are kept in PostgreSQL, and shown as it has them.

What a process observed ends with the process. A run's does not: whoever ran the pipeline, the process that stays shows
it, and a restart resets nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Final, NamedTuple, TypeAlias

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

Labels: TypeAlias = tuple[str, ...]


class Observed(NamedTuple):
    """How often something took up to a bound, and above the next smaller one; and how long in all, in seconds."""

    observations: int
    seconds: float


class KeptCounter(Collector):
    """Shows the values that it was given last."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        self._name, self._documentation, self._labelnames = name, documentation, labels
        self._values: Mapping[Labels, int] = {}
        REGISTRY.register(self)

    def show(self, values: Mapping[Labels, int]) -> None:
        """By the values of the labels."""
        self._values = values

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labelnames)
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        yield family


class KeptHistogram(Collector):
    """Shows the totals that it was given last. `bounds` are of the buckets, in seconds; `name` is the family's."""

    def __init__(self, name: str, documentation: str, label: str, bounds: Sequence[float]) -> None:
        self.name: Final = name
        self.bounds: Final = (*bounds, inf)
        self._documentation, self._labelnames = documentation, (label,)
        self._totals: Mapping[str, Mapping[float, Observed]] = {}
        REGISTRY.register(self)

    def show(self, totals: Mapping[str, Mapping[float, Observed]]) -> None:
        """By the value of the label, and by the bound; one that is none of ours any more counts to the next of ours."""
        self._totals = totals

    def collect(self) -> Iterator[HistogramMetricFamily]:
        family = HistogramMetricFamily(self.name, self._documentation, labels=self._labelnames)
        for label, totals in self._totals.items():
            seconds = sum(each.seconds for each in totals.values())
            family.add_metric((label,), buckets=list(self._buckets(totals)), sum_value=seconds)
        yield family

    def _buckets(self, totals: Mapping[float, Observed]) -> Iterator[tuple[str, float]]:
        """Cumulative, as Prometheus wants them."""
        for bound in self.bounds:
            count = sum(each.observations for le, each in totals.items() if le <= bound)
            yield "+Inf" if bound == inf else str(float(bound)), count
