"""Objects of KEDA, Istio and the Prometheus operator: all fields must exist, with the right types.

The definitions are TypeScript types from npm packages; the TypeScript compiler checks the rendered objects.
"""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.infra.charts import test_clickhouse, test_service
from tests.support.charts import FOREIGN, Manifest
from tools.assets import NODE
from tools.node import modules

PACKAGES: Final = {
    "keda.sh/v1alpha1": "keda",
    "monitoring.coreos.com/v1": "prometheus-operator",
    "security.istio.io/v1": "istio",
}
OPTIONS: Final = ("--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022")


def complaints(folder: Path, manifests: Iterable[Manifest]) -> str:
    """The compiler's complaints about these objects; empty if there are none."""
    (folder / "node_modules").symlink_to(modules())
    (folder / "objects.mts").write_text("".join(map(line, manifests)))
    command = [str(NODE), "node_modules/typescript/bin/tsc", *OPTIONS, "objects.mts"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False).stdout


def line(manifest: Manifest) -> str:
    """A TypeScript declaration of an object with the type of its kind."""
    api, kind = manifest["apiVersion"], manifest["kind"]
    module = f"@kubernetes-models/{PACKAGES[api]}/{api}/{kind}"
    return f'{{ const made: import("{module}").I{kind} = {json.dumps(manifest)}; }}\n'


@pytest.fixture(scope="module")
def objects() -> dict[str, Manifest]:
    """All different objects of all variations, by their text."""
    found = {}
    for module in (test_service, test_clickhouse):
        variations: Mapping[str, Mapping[str, Any]] = module.VARIATIONS
        for variation in variations.values():
            for each in module.CHART.manifests(**variation):
                if each["apiVersion"] in FOREIGN:
                    found[json.dumps(each)] = each
    return found


def test_operators_know_every_field(tmp_path: Path, objects: Mapping[str, Manifest]) -> None:
    kinds = {"ScaledObject", "ServiceMonitor", "PrometheusRule", "AuthorizationPolicy", "PeerAuthentication"}
    assert {each["kind"] for each in objects.values()} == kinds
    assert complaints(tmp_path, objects.values()) == ""


@pytest.mark.parametrize(
    ("kind", "before", "after", "complaint"),
    [
        ("ScaledObject", "minReplicaCount", "minReplicas", "minReplicas.* does not exist in type 'IScaledObjectSpec'"),
        ("ServiceMonitor", '"15s"', "15", "Type 'number' is not assignable to type"),
        ("PeerAuthentication", '"STRICT"', '"ALWAYS"', "ALWAYS.* is not assignable to type .*STRICT"),
    ],
)
def test_a_wrong_field_would_be_noticed(
    tmp_path: Path, objects: Mapping[str, Manifest], kind: str, before: str, after: str, complaint: str
) -> None:
    text = next(text for text, each in objects.items() if each["kind"] == kind)
    assert before in text
    assert re.search(complaint, complaints(tmp_path, [json.loads(text.replace(before, after))]))
