"""The chart of ClickHouse: rendered by Helm 3 and 4, and validated."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import chdb
import msgspec
import pytest

from tests.support.charts import CLICKHOUSE, Manifest, check_confined, containers, of_kind, places, pods, validate
from tests.support.clickhouse_server import PASSWORDS, TEXTS
from tools.export import ROOT

CHART = CLICKHOUSE
VARIATIONS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "one node": {"replicas": 1, "keeper": {"replicas": 1}},
    "vault": {"secrets": {"existingSecret": "", "vault": {"enabled": True}}},
    "without S3": {"tiers": {"enabled": False}, "backup": {"enabled": False}},
    "readers": {
        "readers": {"acme": {"tenant": "acme"}, "grafana": {"tenant": ""}},
        "network": {"readers": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "grafana"}}}]},
    },
    "on chosen nodes": {
        "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": [{"name": "registry"}]},
        "nodeSelector": {"pool": "storage"},
        "tolerations": [{"key": "pool", "operator": "Exists"}],
        "storage": {"hot": {"class": "nvme"}},
        "monitoring": {"labels": {"release": "prometheus"}},
        "writer": 2,
    },
    "bare": {"network": {"enabled": False}, "monitoring": {"enabled": False}},
}


def test_helm_has_nothing_to_say_against_it(variation: Mapping[str, Any]) -> None:
    CLICKHOUSE.lint(**variation)


def test_kubernetes_knows_every_field(manifests: list[Manifest]) -> None:
    validate(manifests)


def test_nothing_can_become_root_or_write_to_its_image(manifests: list[Manifest]) -> None:
    for _, pod in pods(manifests):
        check_confined(pod)
        for container in containers(pod):
            assert re.fullmatch(r"clickhouse/clickhouse-server(:\d+\.\d+|@sha256:[0-9a-f]{64})", container["image"])


def test_the_engine_is_the_one_that_the_tests_run_on() -> None:
    chart = msgspec.yaml.decode((ROOT / "infra/clickhouse/Chart.yaml").read_bytes())
    assert chdb.engine_version.startswith(f"{chart['appVersion']}.")


def test_no_client_outside_the_cluster_may_connect(manifests: list[Manifest]) -> None:
    assert {each["kind"] for each in manifests} & {"Ingress", "Gateway", "HTTPRoute", "KongIngress"} == set()
    assert {each["spec"]["type"] for each in of_kind(manifests, "Service").values()} == {"ClusterIP"}


def test_replicas_and_keepers_are_three_and_never_on_one_node(default: list[Manifest]) -> None:
    sets, budgets = of_kind(default, "StatefulSet"), of_kind(default, "PodDisruptionBudget")
    assert sets.keys() == budgets.keys() == {"anlyt-server", "anlyt-keeper"}
    for name, each in sets.items():
        labels = each["spec"]["template"]["metadata"]["labels"]
        [apart] = each["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        assert each["spec"]["replicas"] == 3
        assert apart["topologyKey"] == "kubernetes.io/hostname"
        assert apart["labelSelector"]["matchLabels"].items() <= labels.items()
        assert budgets[name]["spec"]["maxUnavailable"] == 1
        assert of_kind(default, "Service")[each["spec"]["serviceName"]]["spec"]["clusterIP"] == "None"


def test_configuration_names_every_pod(manifests: list[Manifest], variation: Mapping[str, Any]) -> None:
    values = CLICKHOUSE.values(**variation)
    server, keeper = (xml(manifests, name, f"{name}.xml") for name in ("server", "keeper"))
    keepers = [f"anlyt-keeper-{n}.anlyt-keeper.test.svc.cluster.local" for n in range(values["keeper"]["replicas"])]
    assert [each.text for each in keeper.iterfind(".//raft_configuration/server/hostname")] == keepers
    assert [each.text for each in server.iterfind("zookeeper/node/host")] == keepers
    assert [each.text for each in server.iterfind("remote_servers/anlyt/shard/replica/host")] == [
        f"anlyt-server-{n}.anlyt-server.test.svc.cluster.local" for n in range(values["replicas"])
    ]


def xml(manifests: list[Manifest], name: str, file: str) -> ElementTree.Element:
    return ElementTree.fromstring(of_kind(manifests, "ConfigMap")[f"anlyt-{name}"]["data"][file])


def test_everything_is_written_to_one_replica_and_each_pod_reads_one(default: list[Manifest]) -> None:
    # One pod's statements go to one replica, so the freshness that it reads holds for the rows that it reads next.
    assert of_kind(default, "Service")["anlyt-reader"]["spec"]["sessionAffinity"] == "ClientIP"
    selectors = {name: each["spec"]["selector"] for name, each in of_kind(default, "Service").items()}
    pod = "statefulset.kubernetes.io/pod-name"
    assert selectors["anlyt-writer"] == {**selectors["anlyt-reader"], pod: "anlyt-server-0"}
    moved = of_kind(CLICKHOUSE.manifests(**VARIATIONS["on chosen nodes"]), "Service")
    assert moved["anlyt-writer"]["spec"]["selector"][pod] == "anlyt-server-2"


def test_only_the_service_prometheus_and_named_readers_get_in(default: list[Manifest]) -> None:
    ours = {"app.kubernetes.io/name": "anlyt-clickhouse", "app.kubernetes.io/instance": "anlyt"}
    inside = [{"podSelector": {"matchLabels": ours}}]
    policies = {name: each["spec"] for name, each in of_kind(default, "NetworkPolicy").items()}
    assert policies["anlyt-default"]["podSelector"]["matchLabels"] == ours
    assert admitted(policies["anlyt-default"]) == [([space("monitoring")], {9363})]
    service = {**space("anlyt"), "podSelector": {"matchLabels": {"app.kubernetes.io/name": "anlyt"}}}
    assert admitted(policies["anlyt-server"]) == [([service], {8123}), (inside, {9000, 9009})]
    assert admitted(policies["anlyt-keeper"]) == [(inside, {9181, 9234})]
    with_readers = of_kind(CLICKHOUSE.manifests(**VARIATIONS["readers"]), "NetworkPolicy")["anlyt-server"]["spec"]
    assert admitted(with_readers)[0] == ([service, space("grafana")], {8123})


def admitted(policy: Manifest) -> list[tuple[list[Manifest], set[int]]]:
    return [(rule["from"], {port["port"] for port in rule["ports"]}) for rule in policy["ingress"]]


def space(name: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def test_secrets_are_one_file_from_a_secret_or_from_vault() -> None:
    for name, pod in pods(CLICKHOUSE.manifests()):
        mounted = [each["secret"] for each in pod["spec"]["volumes"] if "secret" in each]
        assert [each["secretName"] for each in mounted] == ([] if name == "anlyt-keeper" else ["anlyt-clickhouse"])
    for name, pod in pods(CLICKHOUSE.manifests(**VARIATIONS["vault"])):
        assert not [each for each in pod["spec"]["volumes"] if "secret" in each]
        found = pod["metadata"].get("annotations", {})
        text = '{{ with secret "secret/data/anlyt-clickhouse" }}{{ index .Data.data "secrets.xml" }}{{ end }}'
        once = str(name == "anlyt-backup").lower()
        if name != "anlyt-keeper":
            assert found["vault.hashicorp.com/secret-volume-path"] == "/run/secrets/clickhouse"
            assert found["vault.hashicorp.com/agent-inject-template-secrets.xml"] == text
            assert found["vault.hashicorp.com/agent-pre-populate-only"] == once


def test_no_secret_is_in_the_configuration_and_every_substitution_is_in_the_documentation() -> None:
    manifests = CLICKHOUSE.manifests(readers={"acme": {"tenant": "acme"}})
    trees = [xml(manifests, "server", file) for file in ("server.xml", "users.xml")]
    trees.append(xml(manifests, "backup", "client.xml"))
    used = {each.attrib["incl"] for tree in trees for each in tree.iter() if "incl" in each.attrib}
    assert used == {*PASSWORDS, *TEXTS}
    page = (ROOT / "docs/operations.md").read_text()
    assert {name for name in used - {"reader_acme"} if f"<{name}>" not in page} == set()


CLIENT = """#!/bin/sh
for last; do :; done
echo "$last" >> queries
[ "$(wc -l < queries)" -eq 2 ] && exit 0
echo {answer}
exit {status}
"""


@pytest.mark.parametrize(
    ("first", "statements", "status"),
    [
        ("BACKUP_CREATED", [r"'\d{4}-\d\d/whole/'\) "], 0),
        ("BACKUP_ALREADY_EXISTS", [r".*", r"'\d{4}-\d\d/[1-7]/'\) SETTINGS base_backup = .*/whole/'\)"], 0),
        ("NETWORK_ERROR", [r".*"], 1),
    ],
)
def test_the_backup_script_makes_one_full_backup_per_week_and_increments(
    default: list[Manifest], tmp_path: Path, first: str, statements: list[str], status: int
) -> None:
    """Runs the script in a shell, with a fake client that answers `first`. A test below uses the real engine."""
    [job] = of_kind(default, "CronJob").values()
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    (tmp_path / "backup.sh").write_text(of_kind(default, "ConfigMap")["anlyt-backup"]["data"]["backup.sh"])
    answered = CLIENT.format(answer=first, status=int(first != "BACKUP_CREATED"))
    (tmp_path / "clickhouse").write_text(answered)
    (tmp_path / "clickhouse").chmod(0o755)
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "CLICKHOUSE_HOST": "anlyt-server-0"}
    ended = subprocess.run(["sh", "backup.sh"], cwd=tmp_path, env=variables, timeout=60, check=False)
    assert ended.returncode == status
    queries = (tmp_path / "queries").read_text().splitlines()
    for statement, pattern in zip(queries, statements, strict=True):
        assert re.fullmatch(rf"BACKUP DATABASE anlyt TO Disk\('anlyt_backups', {pattern}", statement), statement


WRONG: Mapping[str, Mapping[str, Any]] = {
    "cluster": {"cluster": "anl-yt"},
    "image.tag": {"image": {"tag": "latest"}},
    "keeper.replicas": {"keeper": {"replicas": 2}},
    "limits.rows": {"limits": {"rows": 0}},
    "readers.acme.tenant": {"readers": {"acme": {"tenant": "x' or 1=1"}}},
    "secrets.existingSecret": {"secrets": {"existingSecret": "No Name"}},
    "storage.hot.size": {"storage": {"hot": {"size": 500}}},
    "tiers.endpoint": {"tiers": {"endpoint": "https://s3.example.com/anlyt"}},
    "": {"service": {"type": "LoadBalancer"}},
}


@pytest.mark.parametrize("place", WRONG, ids=str)
def test_wrong_values_are_refused(place: str) -> None:
    for helm, refusal in CLICKHOUSE.refusals(**WRONG[place]).items():
        assert place in places(refusal), f"{helm}: {refusal}"
