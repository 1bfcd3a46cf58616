"""The generated files of the Python package: answers, reports, error classes, the synchronous client."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import Final

from schema.money import MONEY_PATTERN
from schema.version import VERSION
from tools.clients.contents import (
    Json,
    Member,
    Operation,
    Structure,
    document,
    errors,
    live_document,
    operations,
    structures,
)

FOLDER: Final = Path("clients/python/anlyt_client")
NOTE: Final = "Made by `python -m tools.export`; do not edit."
WIDTH: Final = 118  # of a docstring's lines

_ROOT: Final = Path(__file__).resolve().parents[2]
_WINDOW: Final = ("from", "to", "window", "last", "timezone")
_SCALARS: Final = {"integer": "int", "number": "float", "boolean": "bool", "string": "str"}
_FORMATS: Final = {"date-time": "datetime", "date": "date"}
# The synchronous client is the asynchronous one without these words.
_SYNCHRONOUS: Final = (
    (r"\bimport asyncio\b", "import time"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"\basynchronous\b", "synchronous"),
    (r"\b(async|await) ", ""),
    (r"\bAsync([A-Z])", r"\1"),
    (r"\b__a(enter|exit)__", r"__\1__"),
    (r"\ba(close|read)\(", r"\1("),
    (r"\baiter_lines\b", "iter_lines"),
    (r"for row in page\.data:\s+yield row", "yield from page.data"),
)


def files() -> Mapping[Path, str]:
    """The content of each file, by its path, before it is formatted."""
    api = document()
    texts = {
        "version.py": _version(),
        "answers.py": _answers(structures(api)),
        "reports.py": _reports(operations(api)),
        "problems.py": _problems(),
        "client.py": _synchronous((_ROOT / FOLDER / "async_client.py").read_text()),
    }
    return {FOLDER / name: text for name, text in texts.items()}


def formatted(texts: Mapping[Path, str]) -> Mapping[Path, str]:
    """The texts of modules, as `make check` wants them."""
    with TemporaryDirectory() as folder:
        for path, text in texts.items():
            (Path(folder) / path.name).write_text(text)
        command = [sys.executable, "-m", "ruff", "format", "--quiet", "--config", str(_ROOT / "pyproject.toml"), folder]
        subprocess.run(command, check=True)
        return {path: (Path(folder) / path.name).read_text() for path in texts}


def _version() -> str:
    return module(
        "The version of this package, which is the API's.", "from typing import Final", f'VERSION: Final = "{VERSION}"'
    )


def _answers(types: Sequence[Structure]) -> str:
    imports = """
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct, field
"""
    subscription = f'LIVE_THROUGHPUT: Final = """{live_document()}"""'
    return module("The answers of the API.", imports.strip(), subscription, *map(_struct, types))


def _struct(type_: Structure) -> str:
    lines = [f'class {type_.name}(Struct, frozen=True, kw_only=True, rename="camel"):', *docstring(type_.meaning), ""]
    for member in type_.members:
        name = snake(member.name)
        default = f'field(name="{member.name}")' if name.endswith("_") else _default(member)
        nullable = " | None" if default == "None" and "anyOf" not in member.schema else ""
        lines.append(f"    {name}: {type_of(member.schema)}{nullable}{' = ' + default if default else ''}")
        lines += docstring(member.meaning)
    return "\n".join(lines)


def _default(member: Member) -> str:
    """An answer without a member that the schema does not require has the default of the schema."""
    if member.required:
        return ""
    default = member.schema.get("default", [] if member.schema.get("type") == "array" else None)
    return "()" if default == [] else f'"{default}"' if isinstance(default, str) else repr(default)


def _reports(reports: Sequence[Operation]) -> str:
    imports = """
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Literal, TypedDict, TypeVar, Unpack

from anlyt_client import answers
from anlyt_client.calls import Call, get

T = TypeVar("T")
"""
    window = {each.name: each for report in reports for each in report.options if each.name in _WINDOW}
    options = [typed_dict("WindowOptions", "TypedDict", "The window of a report, half-open.", list(window.values()))]
    for report in reports:
        if report.options and not _has_window_only(report):
            own = [each for each in report.options if each.name not in _WINDOW]
            base = "WindowOptions" if len(own) < len(report.options) else "TypedDict"
            options.append(typed_dict(_options_name(report), base, f"The options of `{snake(report.name)}`.", own))
    asynchronous = _class("AsyncReports", "The reports, for asynchronous code.", reports, "async ", "await ")
    synchronous = _class("Reports", "The reports, for synchronous code.", reports, "", "")
    return module(
        "The reports of the API: each is a method of both clients.",
        imports.strip(),
        *options,
        synchronous,
        asynchronous,
    )


def _class(name: str, meaning: str, reports: Sequence[Operation], define: str, wait: str) -> str:
    fetch = (
        f'    @abstractmethod\n    {define}def fetch(self, call: Call[T]) -> T:\n        """The answer of a call."""'
    )
    methods = (_method(each, define, wait) for each in reports)
    return "\n\n".join([f'class {name}(ABC):\n    """{meaning}"""', fetch, *methods])


def _method(report: Operation, define: str, wait: str) -> str:
    ids = [snake(each) for each in report.ids.values()]
    parameters = ["self", *(f"{each}: str" for each in ids), *([_options(report)] if report.options else [])]
    passed = ", ".join(
        [
            f'"{report.path}"',
            f"answers.{report.answer}",
            "options" if report.options else "{}",
            *(f"{name}={snake(each)}" for name, each in report.ids.items()),
        ]
    )
    head = f"    {define}def {snake(report.name)}({', '.join(parameters)}) -> answers.{report.answer}:"
    return "\n".join([head, *docstring(report.meaning, 8), f"        return {wait}self.fetch(get({passed}))"])


def _options(report: Operation) -> str:
    name = "WindowOptions" if _has_window_only(report) else _options_name(report)
    return f"**options: Unpack[{name}]"


def _has_window_only(report: Operation) -> bool:
    return {each.name for each in report.options} == set(_WINDOW)


def _options_name(report: Operation) -> str:
    return f"{report.name[0].upper()}{report.name[1:]}Options"


def _problems() -> str:
    known = errors()
    classes = [f'class {each.name}(ApiError):\n    """{each.meaning}: `{each.code}`."""' for each in known]
    table = "".join(f'"{each.code}": {each.name},' for each in known)
    statuses = "".join(f'"{each.code}": {each.status},' for each in known)
    imports = """
from collections.abc import Mapping
from typing import Final

from anlyt_client.errors import ApiError
"""
    return module(
        "A class for each error code of the API.",
        imports.strip(),
        *classes,
        f"ERRORS: Final[Mapping[str, type[ApiError]]] = {{{table}}}",
        f"STATUSES: Final[Mapping[str, int]] = {{{statuses}}}",
    )


def _synchronous(text: str) -> str:
    for pattern, replacement in _SYNCHRONOUS:
        text = re.sub(pattern, replacement, text)
    return re.sub(r'^"""(.+)"""\n', rf'"""\1\n\n{NOTE}\n"""\n', text, count=1)


def module(meaning: str, imports: str, *parts: str) -> str:
    """A module. Classes and functions have two empty lines around them."""
    return f'"""{meaning}\n\n{NOTE}\n"""\n\n{imports}\n' + "".join(
        ("\n\n" if re.match(r"(class|def|@)", each) else "\n") + each + "\n" for each in parts
    )


def typed_dict(name: str, base: str, meaning: str, members: Sequence[Member]) -> str:
    """A TypedDict in which every member may be absent."""
    lines = [f"class {name}({base}, total=False):", f'    """{meaning}"""', ""]
    for member in members:
        lines += [f"    {snake(member.name)}: {option_type(member.schema)}", *docstring(member.meaning)]
    return "\n".join(lines)


def option_type(schema: Json) -> str:
    """The type of what a caller gives: a closed list of values is a Literal."""
    if "enum" in schema:
        return literal([each for each in schema["enum"] if each is not None])
    return "datetime | str" if schema.get("format") == "date-time" else type_of(schema)


def type_of(schema: Json) -> str:
    """The type of what the API returns. An enum is any text, because later versions may have further values."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case {"anyOf": list(options)}:
            return " | ".join("None" if each.get("type") == "null" else type_of(each) for each in options)
        case {"pattern": pattern} if pattern == MONEY_PATTERN:
            return "Decimal"
        case {"type": "array", "items": items}:
            return f"Sequence[{type_of(items)}]"
        case {"type": "object"}:
            values = schema.get("additionalProperties")
            return f"Mapping[str, {type_of(values) if isinstance(values, Mapping) else 'Any'}]"
        case {"format": str(name)} if name in _FORMATS:
            return _FORMATS[name]
        case _:
            return _SCALARS[schema.get("type", "string")]


def literal(values: Sequence[str]) -> str:
    """The type of one of the values."""
    return f"Literal[{', '.join(f'{chr(34)}{each}{chr(34)}' for each in values)}]"


def docstring(meaning: str, indent: int = 4) -> Iterator[str]:
    """The lines of a docstring; none without a meaning."""
    space = " " * indent
    if not meaning:
        return
    if len(meaning) <= WIDTH - indent - 4:
        yield f'{space}"""{meaning}"""'
        return
    yield from (f"{space}{each}" for each in wrap(f'"""{meaning}', WIDTH - indent, break_long_words=False))
    yield f'{space}"""'


def snake(name: str) -> str:
    """The Python name of an API's name: `operatorId` is `operator_id`, `from` is `from_`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{words}_" if words == "from" else words
