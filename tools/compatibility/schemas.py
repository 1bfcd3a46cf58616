"""Compares two JSON Schemas, each with its document, for a value that callers send or that they receive."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Json = Mapping[str, Any]
Side = Literal["sent", "received"]  # by callers

_LEAST: Final = ("minimum", "minLength", "minItems")
_MOST: Final = ("maximum", "maxLength", "maxItems")
_SAME: Final = ("pattern", "format", "x-unit")


@dataclass(frozen=True)
class Comparison:
    """Two documents. What callers send has to be accepted still, what they receive to be as they know it.

    `compared`: pairs of references that are compared already, for types that contain themselves.
    """

    old: Json
    new: Json
    side: Side
    compared: set[tuple[str, str]] = field(default_factory=set)

    def breaks(self, at: str, old: Json, new: Json) -> Iterator[str]:
        """One sentence per break of the value at `at`."""
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if all(pair):
            if pair in self.compared:
                return
            self.compared.add(pair)
        old, new = resolved(self.old, old), resolved(self.new, new)
        options = _options(old), _options(new)
        if len(options[0]) > 1 or len(options[1]) > 1:
            yield from self._alternatives(at, *options)
            return
        for find in (self._types, self._values, self._bounds, self._members, self._items):
            yield from find(at, options[0][0], options[1][0])

    def _narrower(self, old: Any, new: Any) -> tuple[Any, Any]:
        """(what has to contain, what has to be contained): the new contains the old if it is sent."""
        return (new, old) if self.side == "sent" else (old, new)

    def _alternatives(self, at: str, old: Sequence[Json], new: Sequence[Json]) -> Iterator[str]:
        wide, narrow = self._narrower(old, new)
        for option in narrow:
            found = [list(self._trial(at, *self._narrower(each, option))) for each in wide]
            if all(found):
                yield min(found, key=len)[0] if len(wide) == 1 else f"{at}: an alternative changed ({_named(option)})."

    def _trial(self, at: str, old: Json, new: Json) -> Iterator[str]:
        """The breaks of one pair of alternatives, without effect on what is compared already."""
        return Comparison(self.old, self.new, self.side, set(self.compared)).breaks(at, old, new)

    def _types(self, at: str, old: Json, new: Json) -> Iterator[str]:
        wide, narrow = self._narrower(_types(old), _types(new))
        if wide and not (narrow and narrow <= wide):
            yield f"{at}: the type was {_words(_types(old))}, and is {_words(_types(new))}."

    def _values(self, at: str, old: Json, new: Json) -> Iterator[str]:
        before, after = old.get("enum"), new.get("enum")
        if before is not None and after is not None:
            yield from (f"{at}: the value {value} is gone." for value in before if value not in after)
        elif after is not None if self.side == "sent" else before is not None:
            yield f"{at}: the values were {_words(before)}, and are {_words(after)}."
        if self.side == "sent" and "default" in old and old["default"] != new.get("default"):
            yield f"{at}: the default was {old['default']}, and is {new.get('default')}."

    def _bounds(self, at: str, old: Json, new: Json) -> Iterator[str]:
        outside: Sequence[tuple[Sequence[str], Callable[[Any, Any], bool]]] = (
            (_LEAST, lambda wide, narrow: narrow is None or narrow < wide),
            (_MOST, lambda wide, narrow: narrow is None or narrow > wide),
            (_SAME, lambda wide, narrow: narrow != wide),
        )
        for keywords, is_outside in outside:
            for keyword in keywords:
                wide, narrow = self._narrower(old.get(keyword), new.get(keyword))
                if wide is not None and is_outside(wide, narrow):
                    yield f"{at}: {keyword} was {old.get(keyword)}, and is {new.get(keyword)}."

    def _members(self, at: str, old: Json, new: Json) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, member in before.items():
            if name in after:
                yield from self.breaks(f"{at}.{name}", member, after[name])
            else:
                yield f"{at}.{name} is gone."
        yield from self._others(at, old, new)
        wide, narrow = self._narrower(set(old.get("required", ())), set(new.get("required", ())))
        for name in sorted(wide - narrow):
            if name in before or self.side == "sent":
                yield f"{at}.{name} {'is required now' if self.side == 'sent' else 'may be absent now'}."

    def _others(self, at: str, old: Json, new: Json) -> Iterator[str]:
        """Breaks of members that have no names in the schema, and of what goes together."""
        if self.side == "sent":
            if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
                yield f"{at}: other members are refused now."
            if new.get("dependentRequired", {}) != old.get("dependentRequired", {}):
                yield f"{at}: which members go together changed."
        if isinstance(values := old.get("additionalProperties"), Mapping):
            others = new.get("additionalProperties")
            yield from self.breaks(f"{at}.*", values, others if isinstance(others, Mapping) else {})

    def _items(self, at: str, old: Json, new: Json) -> Iterator[str]:
        if "items" in old or "items" in new:
            yield from self.breaks(f"{at}[]", old.get("items", {}), new.get("items", {}))


def resolved(document: Json, part: Json) -> Json:
    """The part, or what its reference leads to in the document, with its own members beside."""
    if "$ref" not in part:
        return part
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return {**resolved(document, found), **{name: each for name, each in part.items() if name != "$ref"}}


def _options(schema: Json) -> Sequence[Json]:
    """The alternatives of a schema, each with what all have in common."""
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if not alternatives:
        return [schema]
    common = {name: each for name, each in schema.items() if name not in {"anyOf", "oneOf", "description"}}
    if "type" in common:  # the alternatives only say which members go together
        return [
            {**common, **each, "required": [*common.get("required", ()), *each["required"]]} for each in alternatives
        ]
    return [{**common, **each} for each in alternatives]


def _types(schema: Json) -> frozenset[str]:
    """The types of a value; an integer is a number, too. Empty for any."""
    kinds = schema.get("type", ())
    named = {kinds} if isinstance(kinds, str) else set(kinds)
    return frozenset(named | ({"integer"} if "number" in named else set()))


def _named(schema: Json) -> str:
    return str(schema.get("type") or schema.get("$ref") or schema.get("enum") or "any value")


def _words(values: Any) -> str:
    return ", ".join(sorted(map(str, values))) if values else "any"
