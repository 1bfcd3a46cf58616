"""The chart of ClickHouse: rendered by Helm 3 and 4, validated, tried on the real engine."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import chdb
import msgspec
import pytest

from graph.audit.exports.warehouse import LIMITS as EXPORT_LIMITS
from graph.dsl.execute import LIMITS
from infra.cluster import statements
from tests.support.charts import CLICKHOUSE, Manifest, check_confined, containers, of_kind, places, pods, validate
from tests.support.configured import PASSWORDS, TEXTS, Server, Told, configured, make_buckets, objects, texts
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
# What has a tenant, and is read by whoever asks in SQL.
TENANTS = {
    "facts_dlr",
    "facts_cdr",
    "facts_compliance",
    "cube_dlr_hourly",
    "cube_dlr_daily",
    "cube_cdr_hourly",
    "cube_cdr_daily",
    "cube_compliance_hourly",
}
DDL = sorted((ROOT / "schema/clickhouse").glob("*.sql"))


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


def test_nobody_outside_the_cluster_is_let_in(manifests: list[Manifest]) -> None:
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
    # One pod's statements go to one replica: what it reads of freshness holds for the rows that it reads next.
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


def test_backups_are_made_by_a_script_that_a_shell_can_read(default: list[Manifest]) -> None:
    [job] = of_kind(default, "CronJob").values()
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    script = of_kind(default, "ConfigMap")["anlyt-backup"]["data"]["backup.sh"]
    assert re.findall(r"BACKUP [\w ]+ TO Disk\('(\w+)'", script) == ["anlyt_backups"]


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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Migrated by the user that the service writes as."""
    with configured(tmp_path_factory.mktemp("clickhouse")) as found:
        made = [each for file in DDL for each in statements(file.read_text(), None)]
        filled = [f"insert into anlyt.{name} (tenant_id) values ('acme'), ('other')" for name in TENANTS]
        # As `anlyt migrate` does: before its first step there is no other database.
        texts(found.run("use default", *made, *filled, as_user="anlyt"))
        make_buckets(found)
        yield found


def test_every_table_with_a_tenant_is_known_here(server: Server) -> None:
    tables = "select distinct table from system.columns where database = 'anlyt' and name = 'tenant_id'"
    assert set(texts(server.run(tables))[0].split()) == TENANTS | {"dirty"}


def test_the_engine_moves_parts_through_the_tiers_and_backs_them_up(server: Server) -> None:
    made = (
        "create table anlyt.aged (day Date) engine = MergeTree partition by day order by day",
        "alter table anlyt.aged modify setting storage_policy = 'anlyt_tiered'",
        "alter table anlyt.aged modify ttl day + interval 90 day to volume 'warm', "
        "day + interval 1 year to volume 'cold'",
        "insert into anlyt.aged select today() - 30 * number from numbers(26)",
        # They move a little later: an insert does not wait for S3.
        (
            "select disk_name, count() from system.parts where table = 'aged' and active group by 1 order by 1",
            moved := "anlyt_cold\t13\nanlyt_warm\t10\ndefault\t3\n",
        ),
        "select count() from anlyt.aged",
    )
    *_, disks, count, whole, again, later = server.run(
        *made,
        "backup database anlyt to Disk('anlyt_backups', '2026-47/whole/')",
        "backup database anlyt to Disk('anlyt_backups', '2026-47/whole/')",
        "backup database anlyt to Disk('anlyt_backups', '2026-47/2/') "
        "settings base_backup = Disk('anlyt_backups', '2026-47/whole/')",
    )
    assert texts([disks, count]) == [moved.strip(), "26"]
    assert ["BACKUP_CREATED" in each for each in texts([whole, later])] == [True, True]
    # What the script of the backup job looks for.
    assert "BACKUP_ALREADY_EXISTS" in refused(again)
    assert all(name.startswith("cold/anlyt-server-0/") for name in objects(server, "anlyt"))
    assert {name.rpartition("/.backup")[0] for name in objects(server, "anlyt-backups") if ".backup" in name} == {
        "2026-47/whole",
        "2026-47/2",
    }


def test_the_api_reads_within_limits_and_changes_nothing(server: Server) -> None:
    # One is about HTTP, and one comes last: nothing can be set after it.
    ours = [f"{name} = '{value}'" for name, value in LIMITS.items() if name not in {"wait_end_of_query", "readonly"}]
    kept, set_, beyond, changed, made, read = server.run(
        "select count() from anlyt.facts_dlr",
        f"set {', '.join(ours)}, readonly = 1",
        "set max_execution_time = 1000",
        "insert into anlyt.facts_dlr (tenant_id) values ('acme')",
        "create table anlyt.made (x Int8) engine = Memory",
        "select * from file('/etc/passwd', 'LineAsString')",
        as_user="anlyt_reader",
    )
    assert texts([kept, set_]) == ["2", ""]
    for answer in (beyond, changed, made, read):
        assert re.search("READONLY|SETTING_CONSTRAINT_VIOLATION|ACCESS_DENIED", refused(answer))
    [beyond] = server.run("set max_execution_time = 1000", as_user="anlyt_reader")
    assert "SETTING_CONSTRAINT_VIOLATION" in refused(beyond)


def test_the_auditor_exports_and_changes_nothing(server: Server) -> None:
    limits = ", ".join(f"{name} = {EXPORT_LIMITS[name]}" for name in ("max_execution_time", "max_memory_usage"))
    exported, changed = server.run(
        "insert into function s3(anlyt_exports, filename = 'audit/1.parquet') select * from anlyt.facts_compliance"
        f" settings {limits}",
        "insert into anlyt.facts_compliance (tenant_id) values ('acme')",
        as_user="anlyt_auditor",
    )
    texts([exported])
    assert "ACCESS_DENIED" in refused(changed)
    assert "exports/audit/1.parquet" in objects(server, "anlyt")


def test_a_reader_of_one_tenant_sees_that_tenant_alone(server: Server) -> None:
    asked = [f"select groupArray(tenant_id) from anlyt.{name}" for name in sorted(TENANTS)]
    *seen, marks = server.run(*asked, "select count() from anlyt.dirty", as_user="reader_acme")
    assert texts(seen) == ["['acme']"] * len(TENANTS)
    assert "ACCESS_DENIED" in refused(marks)


def refused(answer: Told) -> str:
    assert isinstance(answer, dict), answer
    return answer["error"]
