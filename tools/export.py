"""Writes the files that are made from code: `python -m tools.export [--check]`.

With --check, it writes nothing, reports the files that differ from the code, and exits with 1 if there are any.
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
from schema.events import EVENTS
from schema.json_schema import event_schema
from tools import asyncapi, charts, decisions, schedules, slo

ROOT: Final = Path(__file__).resolve().parent.parent


def files() -> Mapping[Path, str]:
    """The content of each file, by its path."""
    # Imported here, because these modules read the alerts at import, and `schedules` may have to write those first.
    from dashboards.files import files as dashboards
    from tools.reference import pages

    schemas = {
        "schema/graph.graphql": sdl(),
        "schema/audit.graphql": audit_sdl(),
        "schema/openapi.json": as_json(openapi.document()),
        "schema/audit.openapi.json": as_json(audit_openapi.document()),
        "schema/asyncapi.json": as_json(asyncapi.document()),
        **{f"schema/events/{event.event_type}.json": as_json(event_schema(event)) for event in EVENTS},
    }
    written = {Path(name): text for name, text in schemas.items()}
    return {
        **written,
        **pages(),
        **dashboards(),
        **schedules.files(),
        **charts.files(),
        **slo.files(),
        **decisions.files(),
    }


def as_json(document: Mapping[str, object]) -> str:
    """The JSON text of a document, with the members in the order of the code."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def drifted(root: Path) -> Sequence[Path]:
    """The files under `root` that are missing or differ from the code."""
    return _differing(root, files())


def write(root: Path) -> Sequence[Path]:
    """Writes the files under `root` that differ from the code; returns their paths."""
    changed: list[Path] = []
    for make in (schedules.files, slo.files, files):  # the dashboards read the alerts, which contain schedules
        content = make()
        for name in (differing := _differing(root, content)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content[name])
        changed += differing
    return changed


def _differing(root: Path, content: Mapping[Path, str]) -> Sequence[Path]:
    return [name for name, text in content.items() if not (root / name).exists() or (root / name).read_text() != text]


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Returns the exit status: 0 for success, 1 if files differ (--check), 2 for wrong usage."""
    if arguments not in ([], ["--check"]):
        print("Usage: python -m tools.export [--check]", file=sys.stderr)
        return 2
    if not arguments:
        for name in write(root):
            print(f"{name} written.")
        return 0
    for name in (drift := drifted(root)):
        print(f"{name} differs from the code; run `make schema` and commit it.", file=sys.stderr)
    return 1 if drift else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
