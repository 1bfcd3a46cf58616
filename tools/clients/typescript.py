"""The generated files of the TypeScript package, but for the types of answers, which openapi-typescript writes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Final

from schema.catalog import DATASETS, Dataset, Dimension, Kind, Measure
from schema.version import VERSION
from tools.clients.contents import (
    LIVE,
    Json,
    Operation,
    Structure,
    document,
    errors,
    live,
    live_document,
    operations,
    structures,
)

FOLDER: Final = Path("clients/typescript")
NOTE: Final = "// Made by `python -m tools.export`; do not edit.\n"
WIDTH: Final = 118

_ROOT: Final = Path(__file__).resolve().parents[2]
_KINDS: Final[Mapping[Kind, str]] = {"integer": "number", "rate": "number", "money": "string"}
_TYPES: Final = {"integer": "number", "number": "number"}


def files() -> Mapping[Path, str]:
    """The content of each file, by its path."""
    api = document()
    texts = {
        "version.ts": f'/** The version of the API. */\nexport const VERSION = "{VERSION}";\n',
        "problems.ts": _problems(),
        "reports.ts": _reports(operations(api), structures(api)),
        "catalog.ts": _catalog(),
        "live.ts": _live(live()),
    }
    sources = {FOLDER / "src/generated" / name: NOTE + text for name, text in texts.items()}
    return {**sources, FOLDER / "package.json": _package(), FOLDER / "package-lock.json": _lock()}


def _package() -> str:
    """The file as it is, with the version."""
    package = json.loads((_ROOT / FOLDER / "package.json").read_text())
    return _as_json({**package, "version": VERSION})


def _lock() -> str:
    lock = json.loads((_ROOT / FOLDER / "package-lock.json").read_text())
    own = {**lock["packages"][""], "version": VERSION}
    return _as_json({**lock, "version": VERSION, "packages": {**lock["packages"], "": own}})


def _as_json(content: Json) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _problems() -> str:
    known = errors()
    classes = [
        f"/** {each.meaning}: `{each.code}`. */\nexport class {each.name} extends ApiError {{}}\n" for each in known
    ]
    table = "".join(f"  {each.code}: {each.name},\n" for each in known)
    statuses = "".join(f"  {each.code}: {each.status},\n" for each in known)
    return "\n".join(
        [
            'import { ApiError } from "../errors.js";\nimport type { Problem } from "./reports.js";\n',
            *classes,
            f"const classes: Record<string, typeof ApiError | undefined> = {{\n{table}}};\n",
            f"export const statuses: Record<string, number | undefined> = {{\n{statuses}}};\n",
            "/** The error of the class that the problem's code has. */",
            "export function asError(problem: Problem, retryAfter: number | null = null): ApiError {",
            "  return new (classes[problem.code] ?? ApiError)(problem, retryAfter);",
            "}\n",
        ]
    )


def _reports(reports: Sequence[Operation], answers: Sequence[Structure]) -> str:
    names = [each.name for each in answers if each.name != LIVE]
    types = [f'export type {name} = components["schemas"]["{name}"];' for name in names]
    return "\n".join(
        [
            'import type { components, operations } from "./openapi.js";\n',
            *types,
            "\n/** The options of a report. */",
            "export type Options<Name extends keyof operations> = "
            'NonNullable<operations[Name]["parameters"] extends { query?: infer Query } ? Query : never>;\n',
            "/** What a call may have beside its parameters: `signal` ends it. */",
            "export interface CallOptions {\n  readonly signal?: AbortSignal;\n}\n",
            "/** The reports of the API. */",
            "export abstract class Reports {",
            "  protected abstract report<T>(path: string, options: object, call: CallOptions): Promise<T>;",
            *(line for report in reports for line in _method(report)),
            "}\n",
        ]
    )


def _method(report: Operation) -> Iterator[str]:
    path = re.sub(r"{(\w+)}", lambda found: f"${{encodeURIComponent({report.ids[found[1]]})}}", report.path)
    parameters = [f"{each}: string" for each in report.ids.values()]
    if report.options:
        parameters.append(f'options: Options<"{report.name}"> = {{}}')
    parameters.append("call: CallOptions = {}")
    yield ""
    yield from comment(report.meaning, 2)
    yield f"  {report.name}({', '.join(parameters)}): Promise<{report.answer}> {{"
    yield f"    return this.report(`{path}`, {'options' if report.options else '{}'}, call);"
    yield "  }"


def _catalog() -> str:
    lines = [
        "/** The datasets of the query language: the values that each name has in rows. */",
        "export interface Datasets {",
    ]
    for dataset in DATASETS.values():
        lines += _dataset(dataset)
    return "\n".join([*lines, "}\n"])


def _dataset(dataset: Dataset) -> Iterator[str]:
    yield from comment(dataset.meaning, 2)
    yield f"  {dataset.name}: {{"
    yield "    measures: {"
    for measure in dataset.measures:
        yield from _member(measure, _KINDS[measure.kind])
    yield "    };"
    yield "    dimensions: {"
    for dimension in dataset.dimensions:
        yield from _member(dimension, "string")
    yield "    };"
    yield "  };"


def _member(name: Measure | Dimension, type_: str) -> Iterator[str]:
    yield from comment(name.meaning, 6)
    yield f"      {name.name}: {type_}{' | null' if name.nullable else ''};"


def _live(event: Structure) -> str:
    lines = [*comment(event.meaning, 0), f"export interface {event.name} {{"]
    for member in event.members:
        lines += comment(member.meaning, 2)
        lines.append(f"  {member.name}: {_type_of(member.schema)};")
    return "\n".join([*lines, "}\n", f"export const LIVE_THROUGHPUT = `{live_document()}`;\n"])


def _type_of(schema: Json) -> str:
    if "anyOf" in schema:
        return " | ".join("null" if each.get("type") == "null" else _type_of(each) for each in schema["anyOf"])
    return _TYPES.get(schema["type"], "string")


def comment(meaning: str, indent: int) -> Iterator[str]:
    """The lines of a comment; none without a meaning."""
    space = " " * indent
    if not meaning:
        return
    if len(meaning) <= WIDTH - indent - 8:
        yield f"{space}/** {meaning} */"
        return
    yield f"{space}/**"
    yield from (f"{space} * {each}" for each in wrap(meaning, WIDTH - indent - 3))
    yield f"{space} */"
