"""`make demo` installs the product's packages, and none that only tests need."""

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Final

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())
PRODUCT: Final = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]


def closure(wanted: Iterator[Requirement], found: set[str]) -> set[str]:
    """The names of these packages and of all installed packages that they require."""
    for each in wanted:
        name = canonicalize_name(each.name)
        if name in found or not applies(each, ""):
            continue
        found.add(name)
        for extra in ("", *each.extras):
            closure((inner for inner in required(name) if applies(inner, extra)), found)
    return found


def applies(requirement: Requirement, extra: str) -> bool:
    environment = {**{name: str(value) for name, value in default_environment().items()}, "extra": extra}
    return requirement.marker is None or requirement.marker.evaluate(environment)


def required(name: str) -> list[Requirement]:
    try:
        return [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:  # for another platform
        return []


def imported(file: Path) -> Iterator[str]:
    """The top-level modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (each.name.partition(".")[0] for each in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


def test_what_the_product_imports_is_installed_for_the_demo() -> None:
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]
    installed = closure(map(Requirement, declared), set())
    files = [
        file for name in PRODUCT for file in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    ]
    modules = (
        {module for file in files for module in imported(file)}
        - sys.stdlib_module_names
        - {name.removesuffix(".py") for name in PRODUCT}
    )
    origin = packages_distributions()
    missing = {
        module
        for module in modules
        if module in origin and not {canonicalize_name(name) for name in origin[module]} & installed
    }
    assert len(files) > 200
    assert len(installed) < 130
    assert missing == set()


def test_make_demo_installs_no_more(tmp_path: Path) -> None:
    (tmp_path / "graph" / "http").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "graph/http/assets.json"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    command = ["make", "--dry-run", "demo"]
    # Under `make test`, the variables of the outer make would add its lines about folders.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert "pip install" in run.stdout
    assert "pip sync" not in run.stdout
    assert "--group dev" not in run.stdout
    assert "--all-extras" not in run.stdout
    assert run.stdout.index("--target .venv/node") < run.stdout.index("rm -rf .venv/node")
    assert run.stdout.endswith("anlyt dev --demo\n")
