"""The charts as the tests see them: values checked, templates rendered, manifests validated."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import jsonschema
import kubernetes_validate  # type: ignore[import-untyped]  # has no type information
import msgspec
import yaml

from anlyt import cli
from tools.export import ROOT
from tools.renderer import MISSING, PROGRAM

Manifest = dict[str, Any]
# The oldest that the charts ask for, and the newest whose schemas are at hand.
VERSIONS: Final = ("1.29.0", kubernetes_validate.latest_version())
# Their schemas belong to operators, not to Kubernetes.
FOREIGN: Final = frozenset({"keda.sh/v1alpha1", "monitoring.coreos.com/v1", "security.istio.io/v1"})


@dataclass(frozen=True)
class Chart:
    """A chart under ROOT. Its release is `anlyt`, in the namespace `test`."""

    folder: str

    def values(self, **changes: Any) -> dict[str, Any]:
        """Those of values.yaml, with changes laid over them as Helm does."""
        return merged(msgspec.yaml.decode((ROOT / self.folder / "values.yaml").read_bytes()), changes)

    def problems(self, **changes: Any) -> list[str]:
        """What is wrong with values: where, and why."""
        schema = json.loads((ROOT / self.folder / "values.schema.json").read_text())
        found = jsonschema.Draft7Validator(schema).iter_errors(self.values(**changes))
        return sorted(f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found)

    def rendered(self, **changes: Any) -> "subprocess.CompletedProcess[str]":
        assert PROGRAM.exists(), f"No {PROGRAM.name} here; `make test` builds it. {MISSING}"
        with TemporaryDirectory() as folder:
            over = Path(folder) / "values.yaml"
            over.write_text(json.dumps(changes))
            return subprocess.run(
                [PROGRAM, self.folder, "anlyt", "test", over],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                cwd=ROOT,
            )

    def manifests(self, **changes: Any) -> list[Manifest]:
        rendered = self.rendered(**changes)
        assert rendered.returncode == 0, rendered.stderr
        return [each for each in yaml.load_all(rendered.stdout, UniqueKeys) if each is not None]


class UniqueKeys(yaml.CSafeLoader):
    """A key that is there twice is a mistake in a template."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(set(keys)) == len(keys), f"{node.start_mark}: {keys}"
        return super().construct_mapping(node, deep)


SERVICE: Final = Chart("infra/service")
CLICKHOUSE: Final = Chart("infra/clickhouse")


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid over `base`; null removes."""
    found = deepcopy(dict(base))
    for key, value in over.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(found.get(key), Mapping):
            found[key] = merged(found[key], value)
        else:
            found[key] = value
    return found


def validate(manifests: Sequence[Manifest]) -> None:
    """Against Kubernetes' own schemas, in which no field may be unknown."""
    for manifest in manifests:
        assert manifest["metadata"]["namespace"] == "test"
        if manifest["apiVersion"] not in FOREIGN:
            _validate(json.dumps(manifest))


@cache  # variations have most of their manifests in common
def _validate(manifest: str) -> None:
    for version in VERSIONS:
        kubernetes_validate.validate(json.loads(manifest), version, strict=True)


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> dict[str, Manifest]:
    """Those of some kinds, by name."""
    found = [each for each in manifests if each["kind"] in kinds]
    by_name = {each["metadata"]["name"]: each for each in found}
    assert len(by_name) == len(found)
    return by_name


def understood(arguments: Sequence[str]) -> None:
    """click's UsageError unless `anlyt` has such a command with such options."""
    # Under its parent: a command keeps the help option of the first context that asks for one.
    parent = cli.make_context("anlyt", list(arguments))
    name, command, rest = cli.resolve_command(parent, list(arguments))
    assert command is not None
    command.make_context(name, rest, parent)


def pods(manifests: Sequence[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """(name of the workload, template of its pods)."""
    for name, workload in of_kind(manifests, "Deployment", "StatefulSet", "Job").items():
        yield name, workload["spec"]["template"]
    for name, workload in of_kind(manifests, "CronJob").items():
        yield name, workload["spec"]["jobTemplate"]["spec"]["template"]


def containers(pod: Manifest) -> list[Manifest]:
    found: list[Manifest] = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
    return found


def check_confined(pod: Manifest) -> None:
    """No root, no more rights than it has, nothing of the node, an image that stays as it is, and bounded resources."""
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod["spec"].keys() & {"hostNetwork", "hostPID", "hostIPC"}
    for container in containers(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}


def environment(container: Manifest) -> dict[str, Any]:
    """Name -> value of the variables that have one."""
    listed = container.get("env", ())
    assert len({each["name"] for each in listed}) == len(listed)
    return {each["name"]: each.get("value") for each in listed}
