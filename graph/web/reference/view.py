"""What the template shows of an OpenAPI document. Each type stands once: with the operation that uses it first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from graph.web.reference.example import ADDRESS, CREDENTIAL, curl
from graph.web.reference.words import Schema, facts_of, referenced, type_of

_ERRORS: Final = "4", "5"  # first digits of their statuses


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, a header or a member of a type. `place`: query, path or header; empty for members."""

    name: str
    place: str
    type: Markup
    facts: Sequence[Markup]
    is_required: bool
    about: str
    discloses: str | None


@dataclass(frozen=True, slots=True)
class Type:
    """A named type. Members of objects inside have dotted names, those of lists `[]`."""

    name: str
    about: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Reply:
    """The responses with one status. `headers`: name -> meaning; the meaning is empty where `#headers` has it."""

    status: str
    about: str
    is_error: bool
    contents: Sequence[tuple[str, Markup]]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `callers`: alternatives, each the names of its credentials; empty: everybody."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    callers: Sequence[Sequence[str]]
    parameters: Sequence[Field]
    bodies: Sequence[Markup]
    replies: Sequence[Reply]
    types: Sequence[Type]
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    """The operations with one tag."""

    name: str
    about: str
    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole document. `types`: those that stand with no operation."""

    about: Sequence[Sequence[str]]
    rules: Sequence[str]
    version: str
    groups: Sequence[Group]
    types: Sequence[Type]
    headers: Sequence[Field]
    credentials: Mapping[str, str]
    address: str = ADDRESS
    credential: str = CREDENTIAL


def reference(document: Mapping[str, Any]) -> Reference:
    """The view of a document."""
    components = document["components"]
    shown: set[str] = set()
    operations = [
        (declared["tags"][0], _operation(document, path, method, declared, shown))
        for path, methods in document["paths"].items()
        for method, declared in methods.items()
    ]
    lines = document["info"]["description"].splitlines()
    return Reference(
        about=[part.splitlines() for part in "\n".join(line for line in lines if line[:2] != "* ").split("\n\n")],
        rules=[line.removeprefix("* ") for line in lines if line[:2] == "* "],
        version=document["info"]["version"],
        groups=[
            Group(tag["name"], tag["description"], [each for name, each in operations if name == tag["name"]])
            for tag in document["tags"]
        ],
        types=[_type(name, schema) for name, schema in components["schemas"].items() if name not in shown],
        headers=[_field(name, "header", each["schema"], each) for name, each in components["headers"].items()],
        credentials={name: each["description"] for name, each in components["securitySchemes"].items()},
    )


def _operation(
    document: Mapping[str, Any], path: str, method: str, declared: Mapping[str, Any], shown: set[str]
) -> Operation:
    """The view of one operation. Adds to `shown` the types that it has."""
    parameters = [_resolved(document, each) for each in declared.get("parameters", ())]
    replies = [_reply(status, each) for status, each in declared["responses"].items()]
    bodies = [content["schema"] for content in declared.get("requestBody", {}).get("content", {}).values()]
    succeeded = next(each for status, each in declared["responses"].items() if status.startswith("2"))
    answers = [content["schema"] for content in succeeded["content"].values()]
    named = dict.fromkeys(name for each in (*bodies, *answers) if (name := referenced(each)) and name not in shown)
    shown.update(named)
    return Operation(
        name=declared["operationId"],
        method=method.upper(),
        path=path,
        summary=declared["summary"],
        about=declared["description"],
        callers=[list(each) for each in declared["security"]],
        parameters=[_field(each["name"], each["in"], each["schema"], each) for each in parameters],
        bodies=list(map(type_of, bodies)),
        replies=replies,
        types=[_type(name, document["components"]["schemas"][name]) for name in named],
        curl=curl(method, path, declared, parameters),
    )


def _resolved(document: Mapping[str, Any], part: Schema) -> Schema:
    """The part itself, or the shared parameter that it refers to."""
    shared: Mapping[str, Schema] = document["components"].get("parameters", {})
    name = referenced(part)
    return part if name is None else shared[name]


def _reply(status: str, declared: Mapping[str, Any]) -> Reply:
    return Reply(
        status=status,
        about=declared["description"],
        is_error=status[0] in _ERRORS,
        contents=[(media, type_of(each["schema"])) for media, each in declared.get("content", {}).items()],
        headers={name: each.get("description", "") for name, each in declared.get("headers", {}).items()},
    )


def _field(name: str, place: str, schema: Schema, declared: Mapping[str, Any]) -> Field:
    """`declared` has its description, whether it is required, and what it discloses."""
    return Field(
        name=name,
        place=place,
        type=type_of(schema),
        facts=facts_of(schema),
        is_required=declared.get("required", False),
        about=declared.get("description", ""),
        discloses=schema.get("x-discloses"),
    )


def _type(name: str, schema: Schema) -> Type:
    return Type(name, schema.get("description", ""), list(_members(schema, "")))


def _members(schema: Schema, prefix: str) -> Iterator[Field]:
    """The members of an object, of its alternatives, and of the objects without a name inside."""
    for option in schema.get("anyOf", ()):
        yield from _members(option, prefix)
    if "items" in schema:
        yield from _members(schema["items"], f"{prefix.removesuffix('.')}[].")
    for name, member in schema.get("properties", {}).items():
        described = {"description": member.get("description", ""), "required": name in schema.get("required", ())}
        yield _field(f"{prefix}{name}", "", member, described)
        yield from _members(member, f"{prefix}{name}.")
