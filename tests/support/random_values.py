"""Random values of a chart: valid by its schema, or with exactly one invalid value.

It supports the parts of JSON Schema that our schemas use, and shares no code with Helm's validator.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, Final

from hypothesis import strategies as st

from tests.support.charts import merged

Schema = Mapping[str, Any]
Place = tuple[str, ...]
Values = st.SearchStrategy[Any]
# Text that YAML reads unchanged: no control characters, no line separators, no unassigned characters.
ANY_TEXT: Final = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]), max_size=30)
ASCII: Final = st.characters(codec="ascii")
ODD: Final = ("\n", " ", "'", '"', "{{ .Values }}", "<", "&", "#", ": ", "\\", "`", "%s", "é")
BY_KIND: Final[Mapping[str, Any]] = {
    "boolean": True,
    "integer": 5,
    "number": 2.5,
    "string": "no such text",
    "array": [["no such item"]],
    "object": {"noSuchMember": 1},
}


def change_at(place: Place, value: Any) -> dict[str, Any]:
    """`{"a": {"b": value}}` for the place a.b."""
    changes = value
    for name in reversed(place):
        changes = {name: changes}
    result: dict[str, Any] = changes
    return result


@dataclass(frozen=True, slots=True)
class InvalidValue:
    """A value that the schema refuses at this place."""

    place: Place
    value: Any

    def changes(self) -> dict[str, Any]:
        """The change of the defaults that has only this value."""
        return change_at(self.place, self.value)


@dataclass(frozen=True, slots=True)
class RandomValues:
    """Strategies for changes of a chart's defaults, from its whole schema `root`."""

    root: Schema
    defaults: Mapping[str, Any]

    def changes(self) -> Values:
        """Valid changes of the defaults at a few places. Null removes an optional member."""
        places = dict(self._drawn_places(self.root, self.defaults, ()))
        few = st.lists(st.sampled_from(list(places)), min_size=1, max_size=6, unique=True)
        return few.flatmap(lambda chosen: st.tuples(*(places[each] for each in chosen))).map(partial(reduce, merged))

    def invalid(self) -> st.SearchStrategy[InvalidValue]:
        """Invalid values at every place with a default, by every rule of the schema."""
        places = list(self._places(self.root, self.defaults, ()))
        return st.sampled_from(places).flatmap(
            lambda chosen: self._refused(chosen[1], chosen[2]).map(lambda value: InvalidValue(chosen[0], value))
        )

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" not in schema:
            return schema
        definition: Schema = self.root["definitions"][schema["$ref"].rpartition("/")[2]]
        return definition

    def _drawn_places(self, schema: Schema, default: Any, place: Place) -> Iterator[tuple[Place, Values]]:
        """Places with their valid changes. An object with only optional members, such as settings, is one place."""
        schema = self._resolved(schema)
        members = {} if "patternProperties" in schema else schema.get("properties", {})
        if members and schema["required"] and isinstance(default, Mapping):
            for name, member in members.items():
                yield from self._drawn_places(member, default.get(name), (*place, name))
            return
        if members and not schema["required"]:
            drawn = st.sampled_from(list(members)).flatmap(lambda name: self._member(name, members[name], default))
        else:
            drawn = self._allowed(schema)
        yield place, drawn.map(partial(change_at, place))

    def _member(self, name: str, schema: Schema, default: Any) -> Values:
        drawn = self._allowed(schema)
        return (drawn | st.none() if name in (default or {}) else drawn).map(lambda value: {name: value})

    def _allowed(self, schema: Schema) -> Values:
        schema = self._resolved(schema)
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "oneOf" in schema:
            return st.one_of([self._allowed(each) for each in schema["oneOf"]])
        return st.one_of([self._of_kind(kind, schema) for kind in kinds(schema)])

    def _of_kind(self, kind: str, schema: Schema) -> Values:
        match kind:
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return st.integers(schema["minimum"], schema["maximum"])
            case "string":
                return _texts(schema)
            case "array":
                unique = str if schema.get("uniqueItems") else None
                items = self._allowed(schema["items"])
                return st.lists(items, min_size=schema.get("minItems", 0), max_size=3, unique_by=unique)
        return self._object(schema)

    def _object(self, schema: Schema) -> Values:
        for pattern, each in schema.get("patternProperties", {}).items():
            names = _matching(pattern).filter(lambda name: name not in schema.get("properties", ()))
            return st.dictionaries(names, self._allowed(each), max_size=2)
        if isinstance(schema.get("additionalProperties"), Mapping):
            return st.dictionaries(_matching("^[a-z]{1,9}$"), self._allowed(schema["additionalProperties"]), max_size=2)
        members = {name: self._allowed(each) for name, each in schema.get("properties", {}).items()}
        always = {name: members.pop(name) for name in schema.get("required", ())}
        drawn = st.fixed_dictionaries(always, optional=members)
        return drawn.filter(lambda members: len(members) >= schema.get("minProperties", 0))

    def _places(self, schema: Schema, default: Any, place: Place) -> Iterator[tuple[Place, Schema, Any]]:
        schema = self._resolved(schema)
        if place and place != ("global",):
            yield place, schema, default
        if isinstance(default, Mapping):
            for name, member in schema.get("properties", {}).items():
                if default.get(name) is not None:
                    yield from self._places(member, default[name], (*place, name))

    def _refused(self, schema: Schema, default: Any) -> Values:
        schema = self._resolved(schema)
        others = [each for kind, each in BY_KIND.items() if kind not in kinds(schema)]
        strategies: list[Values] = [st.sampled_from(others)]
        if "pattern" in schema:
            strategies.append(self._allowed(schema).flatmap(_broken).filter(lambda text: not _fits(schema, text)))
        if "minLength" in schema:
            strategies.append(st.just(""))
        if "minimum" in schema:
            strategies.append(st.sampled_from([schema["minimum"] - 1, schema["maximum"] + 1, 2.5]))
        if "items" in schema:
            strategies.append(self._refused(schema["items"], None).map(lambda item: [item]))
            strategies.extend([st.just([])] if schema.get("minItems") else [])
        if "object" in kinds(schema):
            strategies.extend(self._refused_members(schema, default or {}))
        return st.one_of(strategies)

    def _refused_members(self, schema: Schema, default: Mapping[str, Any]) -> Iterator[Values]:
        forbidden = [name for name, each in schema.get("properties", {}).items() if each is False]
        if isinstance(schema.get("additionalProperties"), Mapping):
            yield self._refused(schema["additionalProperties"], None).map(lambda value: {"more": value})
        elif schema.get("additionalProperties") is False:
            yield st.sampled_from([{name: "x"} for name in (*forbidden, "no such member", "")])
        for each in schema.get("patternProperties", {}).values():
            yield self._refused(each, None).map(lambda value: {"more": value})
        removable = [name for name in schema.get("required", ()) if name in default]
        if removable:
            yield st.sampled_from([{name: None} for name in removable])


def kinds(schema: Schema) -> list[str]:
    """The JSON types that a schema allows."""
    if "oneOf" in schema or "enum" in schema:
        return ["null", "object"] if "oneOf" in schema else []
    return schema["type"] if isinstance(schema["type"], list) else [schema["type"]]


def _matching(pattern: str) -> st.SearchStrategy[str]:
    # Python's $ also matches before a final newline; Go's does not.
    return st.from_regex(rf"\A{pattern[1:-1]}\Z", alphabet=ASCII)


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    drawn = _matching(schema["pattern"]) if "pattern" in schema else ANY_TEXT
    return drawn.filter(lambda text: schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", 1000))


def _fits(schema: Schema, value: Any) -> bool:
    return not isinstance(value, str) or re.fullmatch(schema["pattern"][1:-1], value) is not None


def _broken(value: Any) -> st.SearchStrategy[str]:
    """The text with an odd character before or behind it."""
    odd = st.sampled_from(ODD)
    return odd.map(lambda each: f"{value}{each}") | odd.map(lambda each: f"{each}{value}")
