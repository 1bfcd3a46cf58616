"""JSON Schema in words: the type of a value, and what bounds it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

Schema = Mapping[str, Any]

_CODE: Final = Markup("<code>{}</code>")
_LINK: Final = Markup('<a href="#type-{0}">{0}</a>')
# keyword -> how a person says it
_BOUNDS: Final[Mapping[str, str]] = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
    "default": "default {}",
}


def referenced(schema: Schema) -> str | None:
    """The name of the type that the schema refers to, or None."""
    reference = schema.get("$ref")
    return None if reference is None else str(reference).rpartition("/")[2]


def type_of(schema: Schema) -> Markup:
    """The type of a value, such as `list of Point`, with links to types that have names."""
    if name := referenced(schema):
        return _LINK.format(name)
    words = next((words(schema) for keyword, words in _KINDS.items() if keyword in schema), None)
    return Markup("any value") if words is None else words


def facts_of(schema: Schema) -> Sequence[Markup]:
    """What bounds a value, its default and its examples."""
    return list(dict.fromkeys(_facts(schema)))


def _facts(schema: Schema) -> Iterator[Markup]:
    for keyword, words in _BOUNDS.items():
        if schema.get(keyword) is not None and schema[keyword] != []:
            yield Markup(words).format(code(schema[keyword]))  # noqa: S704, the words are constants
    if examples := schema.get("examples"):
        yield Markup("for example {}").format(_either([code(each) for each in examples]))
    for option in schema.get("anyOf", ()):
        yield from _facts(option)


def code(value: object) -> Markup:
    """A value as code: text as it stands, all else as JSON."""
    return _CODE.format(value if isinstance(value, str) else json.dumps(value))


def _either(words: Sequence[Markup]) -> Markup:
    return Markup(" or ").join(words)


def _named(schema: Schema) -> Markup:
    """The type of a schema with `type`."""
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if kinds == ["array"]:
        return Markup("list of {}").format(type_of(schema.get("items", {})))
    if kinds == ["object"] and isinstance(values := schema.get("additionalProperties"), Mapping):
        return Markup("object of {}").format(type_of(values))
    words = [schema.get("format", kind) if kind == "string" else kind for kind in kinds]
    return _either([Markup("{}").format(each) for each in words])


_KINDS: Final[Mapping[str, Callable[[Schema], Markup]]] = {
    "enum": lambda schema: _either([code(each) for each in schema["enum"]]),
    "anyOf": lambda schema: _either(list(dict.fromkeys(map(type_of, schema["anyOf"])))),
    "type": _named,
}
