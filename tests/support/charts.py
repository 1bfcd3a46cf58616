"""The charts as the tests see them: rendered by Helm 3 and Helm 4, to the same manifests, which are validated."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import kubernetes_validate
import msgspec
import yaml

from anlyt import cli
from tools.export import ROOT
from tools.helm import HELMS, program

# It reads its schemas, of megabytes, for each manifest.
kubernetes_validate.utils.schema_contents = cache(kubernetes_validate.utils.schema_contents)

Manifest = dict[str, Any]
# The oldest that the charts ask for, and the newest whose schemas are at hand.
VERSIONS: Final = ("1.29.0", kubernetes_validate.latest_version())
# Their schemas belong to operators, not to Kubernetes.
FOREIGN: Final = frozenset({"keda.sh/v1alpha1", "monitoring.coreos.com/v1", "security.istio.io/v1"})


@dataclass(frozen=True)
class Chart:
    """A chart under ROOT, as a release in the namespace `test`."""

    folder: str
    release: str = "anlyt"
    namespace: str = "test"

    def values(self, **changes: Any) -> dict[str, Any]:
        """Those of values.yaml, with changes laid over them as Helm does."""
        return merged(msgspec.yaml.decode((ROOT / self.folder / "values.yaml").read_bytes()), changes)

    def render(self, helm: str, **changes: Any) -> "subprocess.CompletedProcess[str]":
        names = (self.release, self.folder, "--namespace", self.namespace)
        return _with_values(changes, helm, "template", *names)

    def manifests(self, **changes: Any) -> list[Manifest]:
        """What both Helms make of these values, by kind and name."""
        rendered = {helm: self.render(helm, **changes) for helm in HELMS}
        refused = {helm: each.stderr for helm, each in rendered.items() if each.returncode}
        assert not refused, refused
        first, *others = [read_manifests(each.stdout) for each in rendered.values()]
        assert others == [first] * len(others)
        return first

    def lint(self, **changes: Any) -> None:
        """AssertionError with Helm's words when one has an error or a warning."""
        for helm in HELMS:
            found = _with_values(changes, helm, "lint", "--strict", self.folder)
            assert found.returncode == 0, f"{helm}: {found.stdout} {found.stderr}"

    def refusals(self, **changes: Any) -> dict[str, str]:
        """What each Helm says of these values, which none renders."""
        rendered = {helm: self.render(helm, **changes) for helm in HELMS}
        assert {helm: each.returncode for helm, each in rendered.items()} == dict.fromkeys(HELMS, 1)
        assert not any(each.stdout for each in rendered.values())
        return {helm: each.stderr for helm, each in rendered.items()}


def _with_values(changes: Mapping[str, Any], helm: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    with TemporaryDirectory() as folder:
        over = Path(folder) / "values.yaml"
        # YAML does not read the pairs of surrogates that JSON escapes some characters to.
        over.write_text(json.dumps(changes, ensure_ascii=False))
        return run_helm(helm, *arguments, "--values", over)


def places(refusal: str) -> set[str]:
    """The values that Helm names in a refusal, as `a.b`; the root is empty."""
    by_helm3 = re.findall(r"^- (\S+): ", refusal, re.MULTILINE)
    by_helm4 = re.findall(r"^ *- at '(\S*)': ", refusal, re.MULTILINE)
    dotted = (pointer[1:].replace("/", ".").replace("~1", "/") for pointer in by_helm4)
    return {place.replace("(root)", "") for place in by_helm3} | set(dotted)


def run_helm(helm: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """In the repository, with a home of its own: repositories and plugins of whoever runs the tests are not theirs."""
    with TemporaryDirectory() as home:
        homes = {f"HELM_{kind}_HOME": home for kind in ("CACHE", "CONFIG", "DATA")}
        command = [program(helm), *arguments]
        environment = {**os.environ, **homes}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, env=environment
        )


def read_manifests(text: str) -> list[Manifest]:
    found = [each for each in yaml.load_all(text, UniqueKeys) if each is not None]
    return sorted(found, key=lambda each: (each["kind"], each["metadata"]["name"]))


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


def validate(manifests: Sequence[Manifest], namespace: str = "test") -> None:
    """Against Kubernetes' own schemas, in which no field may be unknown."""
    for manifest in manifests:
        assert manifest["metadata"]["namespace"] == namespace
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


def check_command(arguments: Sequence[str]) -> None:
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
