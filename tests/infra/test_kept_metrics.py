"""Histograms are exported as Prometheus reads them: cumulative, in order, each bound once."""

from math import inf

from prometheus_client import REGISTRY

from infra.kept_metrics import BucketTotal, KeptCounter, KeptHistogram


def test_a_histogram_is_cumulative_and_its_sum_and_count_are_of_all() -> None:
    kept = KeptHistogram("kept_seconds", "For a test.", "what", (1, 2.5, 10))
    try:
        kept.show({"a": {1.0: BucketTotal(3, 1.5), 10.0: BucketTotal(2, 9.0), inf: BucketTotal(1, 100.0)}})
        (family,) = kept.collect()
        values = [(sample.name, sample.labels.get("le"), sample.value) for sample in family.samples]
        assert values == [
            ("kept_seconds_bucket", "1.0", 3),
            ("kept_seconds_bucket", "2.5", 3),
            ("kept_seconds_bucket", "10.0", 5),
            ("kept_seconds_bucket", "+Inf", 6),
            ("kept_seconds_count", None, 6),
            ("kept_seconds_sum", None, 110.5),
        ]
    finally:
        REGISTRY.unregister(kept)


def test_what_was_kept_under_a_bound_of_before_counts_to_the_next_of_now() -> None:
    kept = KeptHistogram("kept_seconds", "For a test.", "what", (1, 10))
    try:
        kept.show({"a": {3.0: BucketTotal(2, 5.0)}})
        assert REGISTRY.get_sample_value("kept_seconds_bucket", {"what": "a", "le": "1.0"}) == 0
        assert REGISTRY.get_sample_value("kept_seconds_bucket", {"what": "a", "le": "10.0"}) == 2
    finally:
        REGISTRY.unregister(kept)


def test_a_counter_shows_what_it_was_given_last() -> None:
    kept = KeptCounter("kept", "For a test.", ["a", "b"])
    try:
        kept.show({("x", "y"): 1})
        kept.show({("x", "y"): 7, ("x", "z"): 0})
        assert REGISTRY.get_sample_value("kept_total", {"a": "x", "b": "y"}) == 7
        assert REGISTRY.get_sample_value("kept_total", {"a": "x", "b": "z"}) == 0
    finally:
        REGISTRY.unregister(kept)
