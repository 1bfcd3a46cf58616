"""The service's chart: rendered by Helm 3 and 4, validated, and compared with the code."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import kubernetes_validate
import msgspec
import pytest
from apscheduler.triggers.cron import CronTrigger

from functions import FUNCTIONS
from infra.errors import UsageError
from infra.settings import Settings, read_settings
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.schedule import trigger
from schema.version import VERSION
from tests.support.charts import (
    SERVICE,
    Manifest,
    check_command,
    check_confined,
    containers,
    environment,
    of_kind,
    pods,
    validate,
)
from tests.support.prometheus import OBJECTIVES, RULES
from tools.export import ROOT

CHART = SERVICE
VARIATIONS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "vault": {"secrets": {"existingSecret": "", "vault": {"enabled": True}}},
    "without KEDA": {"ingest": {"keda": {"enabled": False}, "replicas": 2}},
    "without audit": {"audit": {"enabled": False}},
    "without a mesh": {"mesh": "none", "settings": {"ANLYT_AUTH": "jwt", "ANLYT_JWKS": "https://issuer/keys"}},
    "without operators": {"monitoring": {"enabled": False}, "api": {"autoscaling": {"enabled": False}}},
    "without policies or hook": {"network": {"enabled": False}, "migrate": {"enabled": False}},
    "on chosen nodes": {
        "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": [{"name": "registry"}]},
        "nodeSelector": {"pool": "analytics"},
        "tolerations": [{"key": "pool", "operator": "Exists"}],
        "monitoring": {"labels": {"release": "prometheus"}},
        "network": {"callers": {"prometheus": {"podLabels": {"app": "prometheus"}}}, "egress": {"otlp": None}},
        "ingest": {"functions": {"compliance_facts": {"minReplicas": 1, "lag": 1_000_000}}},
    },
}


def test_helm_has_nothing_to_say_against_it(variation: Mapping[str, Any]) -> None:
    SERVICE.lint(**variation)


def test_kubernetes_knows_every_field(manifests: list[Manifest]) -> None:
    validate(manifests)


def test_the_validation_notices_what_is_wrong(default: list[Manifest]) -> None:
    with pytest.raises(kubernetes_validate.ValidationError):
        validate([of_kind(default, "ServiceAccount")["anlyt"] | {"automountToken": False}])


def test_nothing_can_become_root_or_write_to_its_image(manifests: list[Manifest]) -> None:
    for _, pod in pods(manifests):
        check_confined(pod)


def test_images_are_pinned(manifests: list[Manifest]) -> None:
    for _, pod in pods(manifests):
        for container in containers(pod):
            assert re.fullmatch(r"anlyt(:\d+\.\d+\.\d+|@sha256:[0-9a-f]{64})", container["image"])


def test_no_client_outside_the_cluster_may_connect(manifests: list[Manifest]) -> None:
    assert {each["kind"] for each in manifests} & {"Ingress", "Gateway", "HTTPRoute", "KongIngress"} == set()
    for service in of_kind(manifests, "Service").values():
        assert service["spec"]["type"] == "ClusterIP"


def test_each_process_understands_its_environment(manifests: list[Manifest], tmp_path: Path) -> None:
    """Reads the settings as the product does, with files in place of the secrets."""
    for _, pod in pods(manifests):
        [container] = containers(pod)
        settings = read(environment(container), tmp_path)
        for setting, (_, text) in SECRETS.items():
            assert getattr(settings, setting) == text
        s3 = {settings.s3_endpoint, settings.s3_bucket, settings.s3_access_key, settings.s3_secret_key}
        assert None not in s3 or s3 == {None}
        # Otherwise Kubernetes would set ANLYT_API_PORT=tcp://... for the Service anlyt-api.
        assert pod["spec"]["enableServiceLinks"] is False


SECRETS: Mapping[str, tuple[str, str]] = {
    "nats_url": ("nats-url", "tls://anlyt:secret@nats:4222"),
    "postgres_dsn": ("postgres-dsn", "postgresql://anlyt:secret@postgres/anlyt"),
    "clickhouse_dsn": ("clickhouse-.*dsn", "http://anlyt:secret@clickhouse:8123/anlyt"),
}
"""Setting -> (pattern of the secret's key, its text)."""


def read(variables: Mapping[str, str], folder: Path) -> Settings:
    return read_settings(
        {key: laid(path, folder) if key.endswith("_FILE") else path for key, path in variables.items()}
    )


def laid(path: str, folder: Path) -> str:
    """The path of a secret's file in this test."""
    file = folder / Path(path).name
    file.write_text(next((text for key, text in SECRETS.values() if re.fullmatch(key, file.name)), "secret" * 8))
    return str(file)


def test_each_process_is_a_command_that_exists(manifests: list[Manifest]) -> None:
    for _, pod in pods(manifests):
        [container] = containers(pod)
        check_command(container["args"])


def test_secrets_are_files_and_each_pod_has_only_its_own(
    manifests: list[Manifest], variation: Mapping[str, Any]
) -> None:
    keys = SERVICE.values(**variation)["secrets"]
    for name, pod in pods(manifests):
        of = {"anlyt-api": "api", "anlyt-audit-api": "audit"}.get(name, "workers")
        expected = {**keys["all"], **keys[of]}
        found = environment(containers(pod)[0])
        files = {key.removesuffix("_FILE"): path for key, path in found.items() if key.endswith("_FILE")}
        assert files == {setting: f"/run/secrets/anlyt/{key}" for setting, key in expected.items()}
        assert provided(pod) == set(expected.values())


def provided(pod: Manifest) -> set[str]:
    """The files below /run/secrets/anlyt, from a mounted Secret or from Vault's agent."""
    mounted = [volume["secret"] for volume in pod["spec"]["volumes"] if "secret" in volume]
    if mounted:
        assert not pod["spec"]["automountServiceAccountToken"]
        return {item["path"] for item in mounted[0]["items"]}
    annotations = pod["metadata"]["annotations"]
    prefix = "vault.hashicorp.com/agent-inject-template-"
    templates = {key.removeprefix(prefix): text for key, text in annotations.items() if key.startswith(prefix)}
    for key, text in templates.items():
        assert text == f'{{{{ with secret "secret/data/anlyt" }}}}{{{{ index .Data.data "{key}" }}}}{{{{ end }}}}'
    assert annotations["vault.hashicorp.com/secret-volume-path"] == "/run/secrets/anlyt"
    # A permanent sidecar would prevent a job's end.
    once = pod["spec"].get("restartPolicy") == "Never"
    assert annotations["vault.hashicorp.com/agent-pre-populate-only"] == str(once).lower()
    return set(templates)


def test_every_function_is_hosted_and_woken_by_its_own_consumer(default: list[Manifest]) -> None:
    deployments = {each for each in of_kind(default, "Deployment") if each.startswith("anlyt-ingest-")}
    scaled = of_kind(default, "ScaledObject")
    assert scaled.keys() == deployments
    found = {}
    for name, each in scaled.items():
        [container] = of_kind(default, "Deployment")[name]["spec"]["template"]["spec"]["containers"]
        [trigger] = each["spec"]["triggers"]
        assert each["spec"]["scaleTargetRef"] == {"name": name}
        assert each["spec"]["minReplicaCount"] == 0
        assert trigger["type"] == "nats-jetstream"
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
        assert trigger["metadata"]["lagThreshold"] == "100000"
        assert "replicas" not in of_kind(default, "Deployment")[name]["spec"]
        command, option, function = container["args"]
        assert (command, option) == ("ingest", "--function")
        found[function] = (trigger["metadata"]["stream"], trigger["metadata"]["consumer"])
    assert found == {function.name: (function.stream.name, function.durable) for function in FUNCTIONS}


def test_one_function_may_be_scaled_otherwise() -> None:
    scaled = of_kind(SERVICE.manifests(**VARIATIONS["on chosen nodes"]), "ScaledObject")
    lags = {name: each["spec"]["triggers"][0]["metadata"]["lagThreshold"] for name, each in scaled.items()}
    assert lags.pop("anlyt-ingest-compliance-facts") == "1000000"
    assert set(lags.values()) == {"100000"}


def test_without_keda_there_is_nothing_of_keda() -> None:
    manifests = SERVICE.manifests(**VARIATIONS["without KEDA"])
    assert of_kind(manifests, "ScaledObject") == {}
    ingest = [each for name, each in of_kind(manifests, "Deployment").items() if name.startswith("anlyt-ingest-")]
    assert [each["spec"]["replicas"] for each in ingest] == [2] * len(FUNCTIONS)


def test_every_pipeline_runs_at_its_time_once(default: list[Manifest]) -> None:
    jobs = of_kind(default, "CronJob")
    schedule = of_kind(default, "Deployment")["anlyt-schedule"]["spec"]
    assert schedule["replicas"] == 1
    resident = schedule["template"]["spec"]["containers"][0]["args"][2::2]
    cron = {job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"][1] for job in jobs.values()}
    assert sorted([*resident, *cron]) == sorted(DEFINITIONS)
    for name, job in jobs.items():
        assert job["spec"]["concurrencyPolicy"] == "Forbid"
        assert job["spec"]["timeZone"] == "Etc/UTC"
        at = CronTrigger.from_crontab(job["spec"]["schedule"], timezone=UTC)
        assert fires(at) == fires(trigger(DEFINITIONS[name.removeprefix("anlyt-pipeline-")].times))


def test_a_divergence_is_not_tried_again_and_an_eviction_is_no_failure(default: list[Manifest]) -> None:
    jobs = {name: job["spec"]["jobTemplate"]["spec"] for name, job in of_kind(default, "CronJob").items()}
    retries = {name.removeprefix("anlyt-pipeline-"): job["backoffLimit"] for name, job in jobs.items()}
    assert retries.pop("reconciliation") == 0
    assert set(retries.values()) == {2}
    for job in jobs.values():
        evicted, misused = job["podFailurePolicy"]["rules"]
        assert evicted == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
        assert misused["action"] == "FailJob"
        assert misused["onExitCodes"]["values"] == [UsageError.exit_status]
        # Kubernetes accepts such a policy only for pods that never restart.
        assert job["template"]["spec"]["restartPolicy"] == "Never"
        assert misused["onExitCodes"]["containerName"] in {each["name"] for each in containers(job["template"])}


def test_a_pipeline_whose_retries_are_not_given_is_not_tried_again() -> None:
    jobs = of_kind(SERVICE.manifests(pipelines={"retries": {"rollup": None}}), "CronJob")
    assert jobs["anlyt-pipeline-rollup"]["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0


def fires(trigger: Any) -> list[timedelta]:
    """When a cron expression first fires after a midnight, and the intervals between the next ten times."""
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    first = trigger.get_next_fire_time(None, midnight) if isinstance(trigger, CronTrigger) else midnight
    times = [first]
    for _ in range(10):
        times.append(trigger.get_next_fire_time(times[-1], times[-1] + timedelta(seconds=1)))
    return [times[0] - midnight, *(after - before for before, after in pairwise(times))]


def test_every_selector_finds_pods(manifests: list[Manifest]) -> None:
    labels = [pod["metadata"]["labels"].items() for _, pod in pods(manifests)]
    for each in of_kind(manifests, "Service").values():
        assert any(each["spec"]["selector"].items() <= found for found in labels)
    for each in of_kind(manifests, "PodDisruptionBudget").values():
        assert any(each["spec"]["selector"]["matchLabels"].items() <= found for found in labels)


def test_probed_ports_are_served(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        [container] = containers(pod)
        probes = [container[key]["httpGet"] for key in container if key.endswith("Probe")]
        assert bool(probes) == (pod["spec"].get("restartPolicy") != "Never"), name
        assert {probe["port"] for probe in probes} <= {port["name"] for port in container.get("ports", ())}


def test_prometheus_scrapes_what_stays_under_a_name_that_the_alerts_know(default: list[Manifest]) -> None:
    [monitor] = of_kind(default, "ServiceMonitor").values()
    service = of_kind(default, "Service")["anlyt-metrics"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert service["metadata"]["labels"][monitor["spec"]["jobLabel"]] == "anlyt"
    assert {port["name"] for port in service["spec"]["ports"]} == {monitor["spec"]["endpoints"][0]["port"]}
    selector = service["spec"]["selector"].items()
    scraped = {name for name, pod in pods(default) if selector <= pod["metadata"]["labels"].items()}
    assert scraped == set(of_kind(default, "Deployment"))


def test_the_alerts_are_those_of_the_repository(default: list[Manifest]) -> None:
    found = [rule["spec"] for rule in of_kind(default, "PrometheusRule").values()]
    assert found == [msgspec.yaml.decode(file.read_bytes()) for file in (RULES, OBJECTIVES)]


def test_the_chart_is_of_this_version() -> None:
    chart = msgspec.yaml.decode((ROOT / "infra/service/Chart.yaml").read_bytes())
    assert chart["version"] == chart["appVersion"] == VERSION
