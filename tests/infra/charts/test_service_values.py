"""What may be said to the service's chart."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.settings import SPECS, variable
from tests.support.charts import SERVICE, containers, environment, pods
from tools.charts import OF_THE_CHART


def test_every_setting_can_be_set_and_no_other() -> None:
    wanted = {variable(name): "x" for name in SPECS if name not in OF_THE_CHART}
    assert SERVICE.problems(settings=wanted) == []
    assert SERVICE.problems(secrets={"all": dict.fromkeys(wanted, "key")}) == []
    variables = environment(containers(next(pods(SERVICE.manifests(settings=wanted)))[1])[0])
    assert {key for key in variables if not key.endswith("_FILE")} == {variable(name) for name in SPECS}
    assert SERVICE.problems(settings={"ANLYT_NATS_URI": "nats://nats"}) != []


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
    "secrets": {"secrets": {"existingSecret": ""}},
    "secrets.all": {"secrets": {"all": {"ANLYT_PASSWORD": "key"}}},
    "settings.ANLYT_RATE_LIMIT": {"settings": {"ANLYT_RATE_LIMIT": 1000}},
    "": {"ingress": {"enabled": True}},
}


@pytest.mark.parametrize("place", WRONG, ids=str)
def test_wrong_values_are_refused(place: str) -> None:
    assert {problem.partition(":")[0] for problem in SERVICE.problems(**WRONG[place])} == {place}


def test_without_any_secret_nothing_is_rendered() -> None:
    rendered = SERVICE.rendered(secrets={"existingSecret": ""})
    assert rendered.returncode == 1
    assert "secrets.existingSecret names a Secret unless secrets.vault.enabled" in rendered.stderr
