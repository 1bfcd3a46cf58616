"""GraphQL documents: parsed and validated once, then cached by their text."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    Visitor,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)

LONGEST: Final = 64 << 10  # characters
MOST_TOKENS: Final = 4000
MOST_REPORTED: Final = 10  # errors; each searches its line in the document, and may print half of it
SHORT: Final = 1024  # characters that take about ten milliseconds to parse and validate
MOST_COMPARISONS: Final = 20_000  # comparisons of fields with one name, which take tens of milliseconds
CACHED: Final = 512  # documents

# Python rejects integers of more than 4,300 digits with an error of its own.
_LONG_NUMBER: Final = re.compile(r"[0-9]{1000}")

Documents: TypeAlias = Callable[[str], "Document"]


class InvalidDocumentError(Exception):
    """A document that is invalid; `errors` has its first MOST_REPORTED errors."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class BoundedOverlaps(OverlappingFieldsCanBeMergedRule):
    """Limits the comparisons of fields with one name. A short document can need very many."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MOST_COMPARISONS


_RULES: Final = tuple(BoundedOverlaps if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules)


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document.

    `names`: of all its fields; `is_single`: it selects one root field; `projections`: those that the executor compiled
    from its nodes, by their ids. None: the selection depends on variables.
    """

    ast: DocumentNode
    names: frozenset[str]
    is_single: bool
    projections: dict[object, Callable[[Any], Any]] | None


def documents(schema: GraphQLSchema, *, introspection: bool) -> Documents:
    """A cached function from text to a valid document. It raises InvalidDocumentError."""
    rules = _RULES if introspection else (*_RULES, NoSchemaIntrospectionCustomRule)

    @lru_cache(maxsize=CACHED)
    def prepare(text: str) -> Document:
        if len(text) > LONGEST:
            raise InvalidDocumentError([GraphQLError(f"The document is longer than {LONGEST} characters.")])
        if _LONG_NUMBER.search(text):
            raise InvalidDocumentError([GraphQLError("The document has a number of a thousand digits.")])
        try:
            document = parse(text, max_tokens=MOST_TOKENS, no_location=False)
        except GraphQLError as error:
            raise InvalidDocumentError([error]) from None
        except RecursionError:
            raise InvalidDocumentError([GraphQLError("The document nests too deeply.")]) from None
        if errors := validate(schema, document, rules, max_errors=MOST_REPORTED):
            raise InvalidDocumentError(errors)
        return make_document(document)

    return prepare


async def prepared(prepare: Documents, text: str) -> Document:
    """The document of a text. A long one is prepared in a thread, which keeps the event loop free."""
    return prepare(text) if len(text) <= SHORT else await asyncio.to_thread(prepare, text)


def is_subscription(document: DocumentNode, name: str | None) -> bool:
    """Whether the operation `name` (None: the only one) is a subscription."""
    operation = get_operation_ast(document, name)
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION


def make_document(document: DocumentNode) -> Document:
    """The Document of a validated syntax tree."""
    finder = _Finder()
    visit(document, finder)
    roots = [
        each
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
        for each in node.selection_set.selections
    ]
    is_single = len(roots) == 1 and isinstance(roots[0], FieldNode)
    return Document(document, frozenset(finder.names), is_single, None if finder.has_directives else {})


class _Finder(Visitor):
    """Collects names of fields. `has_directives`: @skip or @include may change the selection between runs."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.has_directives = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.names.add(node.name.value)

    def enter_directive(self, *_: Any) -> None:
        self.has_directives = True
