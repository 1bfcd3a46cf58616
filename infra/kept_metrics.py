"""Prometheus families whose totals are stored in PostgreSQL.

An ordinary family loses its values with its process. These show the totals of all processes that ran a pipeline, and
a restart does not reset them.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Final, NamedTuple, TypeAlias

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

Labels: TypeAlias = tuple[str, ...]


class BucketTotal(NamedTuple):
    """The observations of one histogram bucket: above the next smaller bound, up to its own. `seconds`: their sum."""

    observations: int
    seconds: float


class KeptCounter(Collector):
    """A counter that shows the last values passed to `show`."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        self._name, self._documentation, self._labelnames = name, documentation, labels
        self._values: Mapping[Labels, int] = {}
        REGISTRY.register(self)

    def show(self, values: Mapping[Labels, int]) -> None:
        """`values`: the counter's value per combination of label values."""
        self._values = values

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labelnames)
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        yield family


class KeptHistogram(Collector):
    """A histogram that shows the last totals passed to `show`. `bounds`: upper bounds of the buckets, in seconds."""

    def __init__(self, name: str, documentation: str, label: str, bounds: Sequence[float]) -> None:
        self.name: Final = name
        self.bounds: Final = (*bounds, inf)
        self._documentation, self._labelnames = documentation, (label,)
        self._totals: Mapping[str, Mapping[float, BucketTotal]] = {}
        REGISTRY.register(self)

    def show(self, totals: Mapping[str, Mapping[float, BucketTotal]]) -> None:
        """`totals`: per value of the label and per bound. A former bound counts towards the next larger current one."""
        self._totals = totals

    def collect(self) -> Iterator[HistogramMetricFamily]:
        family = HistogramMetricFamily(self.name, self._documentation, labels=self._labelnames)
        for label, totals in self._totals.items():
            seconds = sum(each.seconds for each in totals.values())
            family.add_metric((label,), buckets=list(self._buckets(totals)), sum_value=seconds)
        yield family

    def _buckets(self, totals: Mapping[float, BucketTotal]) -> Iterator[tuple[str, float]]:
        """Bound and cumulative count per bucket, as Prometheus expects them."""
        for bound in self.bounds:
            count = sum(each.observations for le, each in totals.items() if le <= bound)
            yield "+Inf" if bound == inf else str(float(bound)), count
