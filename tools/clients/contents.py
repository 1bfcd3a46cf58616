"""What the API's documents say, as values: operations, structures, error codes, the live stream."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLNonNull, GraphQLObjectType, build_schema, get_named_type

from graph.errors import ApiError
from graph.gql.schema import sdl
from graph.rest import openapi
from infra.errors import AnlytError, DependencyUnavailableError

Json = Mapping[str, Any]

LIVE: Final = "LiveThroughput"
_PREFIX: Final = "/v1/"
_OWN: Final = frozenset({"QueryAnswer"})  # its rows have a type of their own, which each package writes by hand
_SCALARS: Final[Mapping[str, Json]] = {
    "DateTime": {"type": "string", "format": "date-time"},
    "Float": {"type": "number"},
    "Int": {"type": "integer"},
    "Long": {"type": "integer"},
}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure, or a parameter of an operation."""

    name: str
    schema: Json
    meaning: str
    required: bool


@dataclass(frozen=True, slots=True)
class Structure:
    """An object in answers."""

    name: str
    meaning: str
    members: Sequence[Member]


@dataclass(frozen=True, slots=True)
class Operation:
    """A route that answers with JSON. `ids`: the parameters in its path, each with its name in functions."""

    name: str
    path: str
    meaning: str
    ids: Mapping[str, str]
    options: Sequence[Member]
    answer: str


@dataclass(frozen=True, slots=True)
class Error:
    """An error code, and the name of its class."""

    code: str
    status: int
    name: str
    meaning: str


def document() -> Json:
    """The OpenAPI document."""
    return openapi.document()


def operations(api: Json) -> Sequence[Operation]:
    """All routes under /v1 that are read by GET."""
    return [
        _operation(path, methods["get"])
        for path, methods in api["paths"].items()
        if path.startswith(_PREFIX) and "get" in methods
    ]


def structures(api: Json) -> Sequence[Structure]:
    """The structures of these routes' answers, of a query's answer, of problems and of the live stream.

    A structure comes after those that it refers to.
    """
    schemas = api["components"]["schemas"]
    found: dict[str, Structure] = {}
    for name in (*(each.answer for each in operations(api)), "QueryAnswer", "Problem"):
        _collect(name, schemas, found)
    return [*(each for each in found.values() if each.name not in _OWN), live()]


def errors() -> Sequence[Error]:
    """All errors that the API names by a code."""
    classes: Sequence[type[AnlytError]] = (*ApiError.__subclasses__(), DependencyUnavailableError)
    known = {each.code: each for each in classes}
    return [Error(code, each.status, each.__name__, _first_clause(each.__doc__ or "")) for code, each in known.items()]


def live() -> Structure:
    """The structure of an event of the live stream, from the SDL."""
    type_ = build_schema(sdl()).type_map[LIVE]
    assert isinstance(type_, GraphQLObjectType)
    members = []
    for name, field in type_.fields.items():
        scalar, required = _SCALARS[get_named_type(field.type).name], isinstance(field.type, GraphQLNonNull)
        schema = scalar if required else {"anyOf": [scalar, {"type": "null"}]}
        members.append(Member(name, schema, field.description or "", required))
    return Structure(LIVE, type_.description or "", members)


def live_document() -> str:
    """The GraphQL document that subscribes to all members of the live stream."""
    names = " ".join(each.name for each in live().members)
    return f"subscription ($every: Int!) {{\n  liveThroughput(every: $every) {{ {names} }}\n}}"


def query_options(api: Json) -> Sequence[Member]:
    """The members of a query that are the same for all datasets, those of `time` first."""
    query = api["components"]["schemas"]["Query"]
    of_dataset = {"dataset", "measures", "dimensions", "time", "filter", "having", "orderBy", "after"}
    rest = {name: each for name, each in query["properties"].items() if name not in of_dataset}
    return _members({"properties": {**query["properties"]["time"]["properties"], **rest}})


def _operation(path: str, operation: Json) -> Operation:
    parameters = [each for each in operation.get("parameters", ()) if "$ref" not in each]
    options = [
        Member(each["name"], each["schema"], each["description"], each["required"])
        for each in parameters
        if each["in"] == "query"
    ]
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    return Operation(operation["operationId"], path, operation["summary"], _ids(path), options, _last(answer))


def _ids(path: str) -> Mapping[str, str]:
    """`accounts/{id}` has the parameter `id`, which is an `accountId`."""
    return {
        name: f"{plural.removesuffix('s')}{name.capitalize()}" for plural, name in re.findall(r"(\w+)/{(\w+)}", path)
    }


def _collect(name: str, schemas: Json, found: dict[str, Structure]) -> None:
    for reference in _references(schemas[name]):
        if reference not in found:
            _collect(reference, schemas, found)
    found.setdefault(name, _structure(name, schemas[name]))


def _structure(name: str, schema: Json) -> Structure:
    return Structure(name, schema["description"], _members(schema))


def _members(schema: Json) -> Sequence[Member]:
    required = schema.get("required", ())
    return [
        Member(name, member, member.get("description", ""), name in required)
        for name, member in schema["properties"].items()
    ]


def _references(part: object) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield _last(reference)
        case dict():
            for each in part.values():
                yield from _references(each)
        case list():
            for each in part:
                yield from _references(each)


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]


def _first_clause(doc: str) -> str:
    return re.split(r"[;.]", " ".join(doc.split()), maxsplit=1)[0]
