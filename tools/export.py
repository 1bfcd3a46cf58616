"""Writes the files that are made from code, or tells which of them are not as the code says.

Run as `python -m tools.export [--check]`; with --check, nothing is written and the exit status is 1 on a drift.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from graph.audit import openapi as audit_openapi
from graph.audit.graphql import sdl as audit_sdl
from graph.gql.schema import sdl
from graph.rest import openapi
from tools import charts, decisions, schedules

ROOT: Final = Path(__file__).resolve().parent.parent


def files() -> Mapping[Path, str]:
    """Path -> content."""
    # Here, as they read the alerts when they are imported.
    from dashboards.files import files as dashboards
    from tools.reference import pages

    schemas = {
        "schema/graph.graphql": sdl(),
        "schema/audit.graphql": audit_sdl(),
        "schema/openapi.json": as_json(openapi.document()),
        "schema/audit.openapi.json": as_json(audit_openapi.document()),
    }
    written = {Path(name): text for name, text in schemas.items()}
    return {
        **written,
        **pages(),
        **dashboards(),
        **schedules.files(),
        **charts.files(),
        **decisions.files(),
    }


def as_json(document: Mapping[str, object]) -> str:
    """A document as it is kept, with every object's members in the order of the code."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def drifted(root: Path) -> Sequence[Path]:
    """The files under `root` that are missing or not as the code says."""
    return _differing(root, files())


def write(root: Path) -> Sequence[Path]:
    """Makes every file under `root` what the code says; returns those that were not."""
    changed: list[Path] = []
    for make in (schedules.files, files):  # dashboards are made from the alerts, in which schedules stand
        content = make()
        for name in (differing := _differing(root, content)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content[name])
        changed += differing
    return changed


def _differing(root: Path, content: Mapping[Path, str]) -> Sequence[Path]:
    return [name for name, text in content.items() if not (root / name).exists() or (root / name).read_text() != text]


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """The exit status: 0 when done, 1 for a drift, 2 for wrong usage."""
    if arguments not in ([], ["--check"]):
        print("Usage: python -m tools.export [--check]", file=sys.stderr)
        return 2
    if not arguments:
        for name in write(root):
            print(f"{name} written.")
        return 0
    for name in (drift := drifted(root)):
        print(f"{name} is not what the code says; run `make schema` and commit it.", file=sys.stderr)
    return 1 if drift else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
