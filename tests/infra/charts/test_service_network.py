"""The service's allowed connections in Kubernetes, inbound and outbound."""

from collections.abc import Mapping
from typing import Any

from tests.support.charts import SERVICE, Manifest, of_kind, pods

CHART = SERVICE


def test_only_the_four_callers_get_in(default: list[Manifest]) -> None:
    policies = of_kind(default, "NetworkPolicy").values()
    admitted = {name: admits(policies, pod["metadata"]["labels"]) for name, pod in pods(default)}
    assert admitted.pop("anlyt-api") == {("admin-dashboard", 3030), ("customer-portal", 3030), ("monitoring", 9464)}
    assert admitted.pop("anlyt-audit-api") == {("regulator-portal-service", 3443), ("monitoring", 9464)}
    for name, found in admitted.items():
        ends_by_itself = name.startswith(("anlyt-pipeline-", "anlyt-migrate"))
        assert found == (set() if ends_by_itself else {("monitoring", 9464)}), name


def test_finances_dashboard_gets_in_where_it_is_named() -> None:
    finance = {"namespace": "finance-dashboard", "podLabels": {}}
    rendered = SERVICE.manifests(network={"callers": {"financeDashboard": finance}})
    labels = dict(pods(rendered))["anlyt-api"]["metadata"]["labels"]
    admitted = {name for name, port in admits(of_kind(rendered, "NetworkPolicy").values(), labels) if port == 3030}
    [policy] = of_kind(rendered, "AuthorizationPolicy").values()
    assert set(policy["spec"]["rules"][0]["from"][0]["source"]["namespaces"]) == admitted
    assert admitted == {"admin-dashboard", "customer-portal", "finance-dashboard"}


def admits(policies: Any, labels: Mapping[str, str]) -> set[tuple[str, int]]:
    """The (namespace, port) pairs that may connect to a pod. Fails for a pod without a policy."""
    applying = [
        each["spec"] for each in policies if each["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    ]
    assert any("Ingress" in spec["policyTypes"] for spec in applying)
    return {
        (peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"])
        for spec in applying
        for rule in spec.get("ingress", ())
        for peer in rule["from"]
        for port in rule["ports"]
    }


def test_pods_connect_to_the_stores_and_to_nothing_else(default: list[Manifest]) -> None:
    policies = of_kind(default, "NetworkPolicy")
    assert [name for name, each in policies.items() if "Egress" in each["spec"]["policyTypes"]] == ["anlyt-default"]
    rules = policies["anlyt-default"]["spec"]["egress"]
    # An empty list of peers would allow all.
    assert all(rule["to"] and rule["ports"] for rule in rules)
    spaces = {rule["to"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for rule in rules}
    assert spaces == {"kube-system", "nats", "postgres", "clickhouse", "s3", "monitoring", "istio-system"}


def test_with_vault_pods_reach_it() -> None:
    [policy] = [
        each
        for each in of_kind(SERVICE.manifests(secrets={"vault": {"enabled": True}}), "NetworkPolicy").values()
        if "Egress" in each["spec"]["policyTypes"]
    ]
    assert any(rule["ports"] == [{"protocol": "TCP", "port": 8200}] for rule in policy["spec"]["egress"])


def test_the_mesh_lets_only_the_callers_proxies_reach_the_api(default: list[Manifest]) -> None:
    [policy] = of_kind(default, "AuthorizationPolicy").values()
    api, metrics = policy["spec"]["rules"]
    assert api["from"][0]["source"]["namespaces"] == ["admin-dashboard", "customer-portal"]
    assert metrics["to"][0]["operation"]["ports"] == ["9464"]
    [peers] = of_kind(default, "PeerAuthentication").values()
    assert peers["spec"]["mtls"]["mode"] == "STRICT"
    about = dict(pods(default))["anlyt-api"]["metadata"]
    labels = about["labels"]
    assert labels["sidecar.istio.io/inject"] == "true"
    # Otherwise the proxy would choose a replica of ClickHouse per connection.
    assert "8123" in about["annotations"]["traffic.sidecar.istio.io/excludeOutboundPorts"].split(",")
    for each in (policy, peers):
        assert each["spec"]["selector"]["matchLabels"].items() <= labels.items()
