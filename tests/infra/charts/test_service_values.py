"""The values that the service's chart accepts and refuses."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import pytest

from infra.settings import SPECS, variable
from tests.support.charts import CLICKHOUSE, SERVICE, Chart, containers, environment, merged, places, pods, validate
from tests.support.random_values import change_at
from tools.values.service import SET_BY_CHART


def test_every_setting_can_be_set_and_no_other() -> None:
    wanted = {variable(name): "x" for name in SPECS if name not in SET_BY_CHART}
    SERVICE.lint(secrets={"all": dict.fromkeys(wanted, "key")})
    variables = environment(containers(next(pods(SERVICE.manifests(settings=wanted)))[1])[0])
    assert {key for key in variables if not key.endswith("_FILE")} == {variable(name) for name in SPECS}
    for refusal in SERVICE.refusals(settings={"ANLYT_NATS_URI": "nats://nats"}).values():
        assert "ANLYT_NATS_URI" in refusal


WRONG: Mapping[str, Mapping[str, Any]] = {
    "api.replicas": {"api": {"replicas": 0}},
    "audit": {"audit": {"enable": True}},
    "image.tag": {"image": {"tag": "latest"}},
    "image.digest": {"image": {"digest": "sha256:abc"}},
    "ingest.scale.maxReplicas": {"ingest": {"scale": {"maxReplicas": "many"}}},
    "ingest.keda.monitoring": {"ingest": {"keda": {"monitoring": "http://nats:8222/"}}},
    "mesh": {"mesh": "linkerd"},
    "monitoring.interval": {"monitoring": {"interval": 15}},
    "network.callers": {"network": {"callers": {"grafana": {"namespace": "monitoring"}}}},
    "network.egress.s3.to": {"network": {"egress": {"s3": {"to": []}}}},
    "pipelines.cron.rollup": {"pipelines": {"cron": {"rollup": "hourly"}}},
    "secrets.existingSecret": {"secrets": {"existingSecret": "No Name"}},
    "secrets.all": {"secrets": {"all": {"ANLYT_PASSWORD": "key"}}},
    "settings.ANLYT_RATE_LIMIT": {"settings": {"ANLYT_RATE_LIMIT": 1000}},
    "": {"ingress": {"enabled": True}},
}


@pytest.mark.parametrize("place", WRONG, ids=str)
def test_wrong_values_are_refused(place: str) -> None:
    for helm, refusal in SERVICE.refusals(**WRONG[place]).items():
        assert place in places(refusal), f"{helm}: {refusal}"


CONTRADICTORY: Sequence[tuple[Chart, Mapping[str, Any], str]] = (
    (
        SERVICE,
        {"secrets": {"existingSecret": ""}},
        "secrets.existingSecret names a Secret unless secrets.vault.enabled",
    ),
    (
        CLICKHOUSE,
        {"secrets": {"existingSecret": None}},
        "secrets.existingSecret names a Secret unless secrets.vault.enabled",
    ),
    (
        SERVICE,
        {"api": {"autoscaling": {"minReplicas": 7}}},
        "api.autoscaling: minReplicas is 7, above maxReplicas, which is 6",
    ),
    (
        SERVICE,
        {"ingest": {"functions": {"dlr_facts": {"minReplicas": 5}}}},
        "ingest.functions.dlr_facts, over ingest.scale: minReplicas is 5, above maxReplicas, which is 4",
    ),
    (CLICKHOUSE, {"writer": 3}, "writer is 3, and replicas is 3: they count from 0"),
)


@pytest.mark.parametrize(("chart", "values", "sentence"), CONTRADICTORY, ids=[each[2] for each in CONTRADICTORY])
def test_values_that_contradict_each_other_are_refused_in_a_sentence(
    chart: Chart, values: Mapping[str, Any], sentence: str
) -> None:
    for helm, refusal in chart.refusals(**values).items():
        assert f": {sentence}\n" in refusal, f"{helm}: {refusal}"


@pytest.mark.parametrize(
    ("folder", "values"),
    [
        (
            "infra/service",
            {
                "secrets": {"existingSecret": "1", "all": {"ANLYT_NATS_URL": "null"}},
                "network": {"callers": {"adminDashboard": {"namespace": "0"}}},
            },
        ),
        ("infra/clickhouse", {"secrets": {"existingSecret": "1"}, "storage": {"hot": {"class": "true"}}}),
    ],
)
def test_texts_that_look_like_something_else_stay_texts(folder: str, values: Mapping[str, Any]) -> None:
    """YAML would read them as numbers, booleans or null, which Kubernetes refuses."""
    validate(Chart(folder, "1", "2").manifests(**values), "2")


def switches(values: Mapping[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The switches of a chart's values, with their defaults."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from switches(value, (*place, name))
        elif isinstance(value, bool):
            yield (*place, name), value


@pytest.mark.parametrize("chart", [SERVICE, CLICKHOUSE], ids=lambda chart: chart.folder)
def test_every_switch_can_be_turned_alone_and_all_at_once(chart: Chart) -> None:
    turned = [change_at(place, not value) for place, value in switches(chart.values())]
    assert len(turned) >= 5
    for changes in [*turned, reduce(merged, turned)]:
        chart.lint(**changes)
        validate(chart.manifests(**changes))
