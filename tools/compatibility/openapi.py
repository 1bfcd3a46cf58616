"""Compares two OpenAPI documents."""

import json
import re
from collections.abc import Iterator
from typing import Final

from tools.compatibility.schemas import Comparison, Json, resolved

_CODE: Final = re.compile(r"`([A-Z_]+)`: ")  # of an error, in the description of a response


def breaks(old: Json, new: Json) -> Iterator[str]:
    """One sentence per break."""
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            if found := new["paths"].get(path, {}).get(method):
                yield from _operation(name, old, operation, new, found)
            else:
                yield f"{name} is gone."
    gone = _codes(old) - _codes(new)
    yield from (f"The error {code} is gone." for code in sorted(gone))


def _operation(name: str, old: Json, before: Json, new: Json, after: Json) -> Iterator[str]:
    yield from _parameters(name, old, before, new, after)
    yield from _body(name, old, before, new, after)
    if {tuple(sorted(each)) for each in before["security"]} - {tuple(sorted(each)) for each in after["security"]}:
        yield f"{name}: a credential that was enough is not."
    elif after["security"] and not before["security"]:
        yield f"{name} needs a credential now."
    for status, response in before["responses"].items():
        if status >= "400":
            continue  # an error that no longer happens breaks nobody; codes are compared for the whole document
        if status not in after["responses"]:
            yield f"{name}: the status {status} is gone."
            continue
        found = after["responses"][status]
        yield from (f"{name} {status}: the header {each} is gone." for each in _gone("headers", response, found))
        comparison = Comparison(old, new, "received")
        yield from _contents(f"{name} {status}", comparison, response, found)


def _parameters(name: str, old: Json, before: Json, new: Json, after: Json) -> Iterator[str]:
    known, found = (
        {(each["in"], each["name"]): each for each in _declared(*pair)} for pair in ((old, before), (new, after))
    )
    comparison = Comparison(old, new, "sent")
    for key, parameter in known.items():
        at = f"{name} {key[1]}"
        if key not in found:
            yield f"{at} is gone."
            continue
        if found[key]["required"] and not parameter["required"]:
            yield f"{at} is required now."
        yield from comparison.breaks(at, parameter["schema"], found[key]["schema"])
    yield from (
        f"{name} {key[1]} is new and required." for key in found.keys() - known.keys() if found[key]["required"]
    )


def _declared(document: Json, operation: Json) -> list[Json]:
    return [resolved(document, each) for each in operation.get("parameters", ())]


def _body(name: str, old: Json, before: Json, new: Json, after: Json) -> Iterator[str]:
    known, found = before.get("requestBody", {}), after.get("requestBody", {})
    if found.get("required") and not known.get("required"):
        yield f"{name}: a body is required now."
    yield from _contents(f"{name} body", Comparison(old, new, "sent"), known, found)


def _contents(at: str, comparison: Comparison, before: Json, after: Json) -> Iterator[str]:
    yield from (f"{at}: {media_type} is gone." for media_type in _gone("content", before, after))
    for media_type, content in before.get("content", {}).items():
        if found := after.get("content", {}).get(media_type):
            yield from comparison.breaks(at, content["schema"], found["schema"])


def _gone(kind: str, before: Json, after: Json) -> list[str]:
    return [name for name in before.get(kind, {}) if name not in after.get(kind, {})]


def _codes(document: Json) -> set[str]:
    return set(_CODE.findall(json.dumps(document["paths"])))
