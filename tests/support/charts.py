"""Renders the charts with Helm 3 and Helm 4, compares the manifests, and validates them."""

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

# Without a cache, it reads megabytes of schemas for each manifest.
kubernetes_validate.utils.schema_contents = cache(kubernetes_validate.utils.schema_contents)

Manifest = dict[str, Any]
# Kubernetes versions: the oldest that the charts support, and the newest with available schemas.
VERSIONS: Final = ("1.29.0", kubernetes_validate.latest_version())
# API groups of operators, whose schemas are not Kubernetes'.
FOREIGN: Final = frozenset({"keda.sh/v1alpha1", "monitoring.coreos.com/v1", "security.istio.io/v1"})


@dataclass(frozen=True)
class Chart:
    """A chart under ROOT, and the name and namespace of its release."""

    folder: str
    release: str = "anlyt"
    namespace: str = "test"

    def values(self, **changes: Any) -> dict[str, Any]:
        """The values of values.yaml, merged with `changes` as by Helm."""
        return merged(msgspec.yaml.decode((ROOT / self.folder / "values.yaml").read_bytes()), changes)

    def render(self, helm: str, **changes: Any) -> "subprocess.CompletedProcess[str]":
        names = (self.release, self.folder, "--namespace", self.namespace)
        return _with_values(changes, helm, "template", *names)

    def manifests(self, **changes: Any) -> list[Manifest]:
        """The manifests for these values, sorted by kind and name. Both Helms have to render the same."""
        rendered = {helm: self.render(helm, **changes) for helm in HELMS}
        refused = {helm: each.stderr for helm, each in rendered.items() if each.returncode}
        assert not refused, refused
        first, *others = [read_manifests(each.stdout) for each in rendered.values()]
        assert others == [first] * len(others)
        return first

    def lint(self, **changes: Any) -> None:
        """Raises AssertionError with Helm's output for an error or a warning."""
        for helm in HELMS:
            process = _with_values(changes, helm, "lint", "--strict", self.folder)
            assert process.returncode == 0, f"{helm}: {process.stdout} {process.stderr}"

    def refusals(self, **changes: Any) -> dict[str, str]:
        """Each Helm's error message for these values, which neither may render."""
        rendered = {helm: self.render(helm, **changes) for helm in HELMS}
        assert {helm: each.returncode for helm, each in rendered.items()} == dict.fromkeys(HELMS, 1)
        assert not any(each.stdout for each in rendered.values())
        return {helm: each.stderr for helm, each in rendered.items()}


def _with_values(changes: Mapping[str, Any], helm: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    with TemporaryDirectory() as folder:
        over = Path(folder) / "values.yaml"
        # YAML cannot read the surrogate pairs with which JSON escapes some characters.
        over.write_text(json.dumps(changes, ensure_ascii=False))
        return run_helm(helm, *arguments, "--values", over)


def places(refusal: str) -> set[str]:
    """The paths of the values that Helm's error message names, as `a.b`; the root is an empty string."""
    by_helm3 = re.findall(r"^- (\S+): ", refusal, re.MULTILINE)
    by_helm4 = re.findall(r"^ *- at '(\S*)': ", refusal, re.MULTILINE)
    dotted = (pointer[1:].replace("/", ".").replace("~1", "/") for pointer in by_helm4)
    return {place.replace("(root)", "") for place in by_helm3} | set(dotted)


def run_helm(helm: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Runs Helm in the repository, without the repositories and plugins of the user."""
    with TemporaryDirectory() as home:
        homes = {f"HELM_{kind}_HOME": home for kind in ("CACHE", "CONFIG", "DATA")}
        command = [program(helm), *arguments]
        environment = {**os.environ, **homes}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, env=environment
        )


def read_manifests(text: str) -> list[Manifest]:
    documents = [each for each in yaml.load_all(text, UniqueKeys) if each is not None]
    return sorted(documents, key=lambda each: (each["kind"], each["metadata"]["name"]))


class UniqueKeys(yaml.CSafeLoader):
    """A loader that refuses duplicate keys, which are mistakes in a template."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(set(keys)) == len(keys), f"{node.start_mark}: {keys}"
        return super().construct_mapping(node, deep)


SERVICE: Final = Chart("infra/service")
CLICKHOUSE: Final = Chart("infra/clickhouse")


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the members of `over`; null removes a member."""
    result = deepcopy(dict(base))
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def validate(manifests: Sequence[Manifest], namespace: str = "test") -> None:
    """Validates manifests against Kubernetes' schemas, without unknown fields."""
    for manifest in manifests:
        assert manifest["metadata"]["namespace"] == namespace
        if manifest["apiVersion"] not in FOREIGN:
            _validate(json.dumps(manifest))


@cache  # most variations share most manifests
def _validate(manifest: str) -> None:
    for version in VERSIONS:
        kubernetes_validate.validate(json.loads(manifest), version, strict=True)


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> dict[str, Manifest]:
    """The manifests of some kinds, by name."""
    matching = [each for each in manifests if each["kind"] in kinds]
    by_name = {each["metadata"]["name"]: each for each in matching}
    assert len(by_name) == len(matching)
    return by_name


def check_command(arguments: Sequence[str]) -> None:
    """Raises click's UsageError unless `anlyt` has this command with these options."""
    # The context has a parent, because a command keeps the help option of its first context.
    parent = cli.make_context("anlyt", list(arguments))
    name, command, rest = cli.resolve_command(parent, list(arguments))
    assert command is not None
    command.make_context(name, rest, parent)


def pods(manifests: Sequence[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Yields the name of each workload and the template of its pods."""
    for name, workload in of_kind(manifests, "Deployment", "StatefulSet", "Job").items():
        yield name, workload["spec"]["template"]
    for name, workload in of_kind(manifests, "CronJob").items():
        yield name, workload["spec"]["jobTemplate"]["spec"]["template"]


def containers(pod: Manifest) -> list[Manifest]:
    all_containers: list[Manifest] = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
    return all_containers


def check_confined(pod: Manifest) -> None:
    """Checks a pod: no root, no added rights, no host namespaces, a read-only image, and limited resources."""
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
    """The environment variables of a container; None without a literal value."""
    listed = container.get("env", ())
    assert len({each["name"] for each in listed}) == len(listed)
    return {each["name"]: each.get("value") for each in listed}
