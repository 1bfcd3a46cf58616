"""Runs the documents' Helm and kubectl commands as far as possible without a cluster."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.charts import SERVICE, Chart, of_kind, pods, read_manifests, run_helm, validate
from tools.export import ROOT
from tools.helm import HELMS, program

PAGES = ("docs/first-steps.md", "docs/operations.md")


def commands(page: str, name: str) -> Iterator[list[str]]:
    """The arguments of each command of a program in the blocks of a page, up to a pipe. Joins continued lines."""
    for block in re.findall(r"^```\w*\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith(f"{name} "):
                yield shlex.split(line.partition("|")[0])[1:]


@pytest.mark.parametrize("page", PAGES)
def test_helm_accepts_the_documented_commands(page: str) -> None:
    """Runs `template` instead of `upgrade --install`, which needs a cluster."""
    written = list(commands(page, "helm"))
    assert written
    for arguments in written:
        assert arguments[:2] == ["upgrade", "--install"] or arguments[0] == "template"
        rest = [each for each in arguments if each not in {"upgrade", "--install", "template"}]
        namespace = rest[rest.index("--namespace") + 1]
        for helm in HELMS:
            done = run_helm(helm, "template", *rest)
            assert done.returncode == 0, done.stderr
            validate(read_manifests(done.stdout), namespace)


def test_the_documented_secrets_have_the_keys_that_pods_mount(tmp_path: Path) -> None:
    page = (ROOT / "docs/operations.md").read_text()
    [keys] = re.findall(r"^`secrets/` has a file for each key: ((?:`[\w-]+`,?\s)+`[\w-]+`)\.", page, re.MULTILINE)
    (tmp_path / "secrets").mkdir()
    for key in [*re.findall(r"`([\w-]+)`", keys)]:
        (tmp_path / "secrets" / key).write_text("x")
    (tmp_path / "secrets.xml").write_text("<clickhouse/>")
    documented = {}
    for arguments in commands("docs/operations.md", "kubectl"):
        secret = dry_run_secret(tmp_path, arguments)
        documented[secret["metadata"]["name"]] = set(secret["data"])
    releases = (SERVICE, Chart("infra/clickhouse", "clickhouse", "clickhouse"))
    mounted: dict[str, set[str]] = {}
    for chart in releases:
        for _, pod in pods(chart.manifests()):
            for volume in (each["secret"] for each in pod["spec"]["volumes"] if "secret" in each):
                mounted.setdefault(volume["secretName"], set()).update(item["key"] for item in volume["items"])
    assert documented == mounted


def dry_run_secret(folder: Path, arguments: list[str]) -> dict[str, dict[str, str]]:
    command = [str(program("kubectl")), *arguments, "--dry-run=client", "--output", "json", "--kubeconfig", "/dev/null"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    secret: dict[str, dict[str, str]] = json.loads(done.stdout)
    return secret


def test_every_workload_is_on_the_page() -> None:
    """Capitals in a listed name are a placeholder: `anlyt-pipeline-NAME`."""
    page = (ROOT / "docs/operations.md").read_text()
    listed = re.findall(r"^\| ((?:`[\w-]+`(?:, )?)+)", page, re.MULTILINE)
    names = [name for row in listed for name in re.findall(r"`([\w-]+)`", row)]
    patterns = [re.sub("[A-Z]+", "[a-z-]+", name) for name in names]
    manifests = [*SERVICE.manifests(), *Chart("infra/clickhouse", "clickhouse", "clickhouse").manifests()]
    for name in of_kind(manifests, "Deployment", "StatefulSet", "CronJob", "Job"):
        assert any(re.fullmatch(pattern, name) for pattern in patterns), name
