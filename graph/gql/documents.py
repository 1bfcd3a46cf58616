"""GraphQL documents: parsed, validated and weighed once, then remembered by their text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    ValidationContext,
    Visitor,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)

MOST_TOKENS: Final = 4000
MOST_ALIASES: Final = 200
MOST_COMPARISONS: Final = 20_000  # of fields that may have to be merged: some tens of milliseconds
DEEPEST: Final = 16  # what tools ask of introspection; reports are 4 deep
REMEMBERED: Final = 512  # documents

Documents: TypeAlias = Callable[[str], "Document"]


class InvalidDocumentError(Exception):
    """A document that is not run; `errors` are all that is wrong with it."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class BoundedOverlaps(OverlappingFieldsCanBeMergedRule):
    """Compares each field with every other of its name, of which a short document can have very many."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MOST_COMPARISONS


_RULES: Final = tuple(BoundedOverlaps if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that may be run.

    `names` are those of all fields in it; `is_single`: it asks one root field. `projections` are what the executor
    compiled from its nodes, by their ids; None when what is selected depends on variables.
    """

    ast: DocumentNode
    names: frozenset[str]
    is_single: bool
    projections: dict[object, Callable[[Any], Any]] | None


class Weight(NamedTuple):
    """How deep a selection nests, and how many aliases it has with all fragments spread out."""

    depth: int
    aliases: int


def documents(schema: GraphQLSchema, *, introspection: bool) -> Documents:
    """Text -> a document that may be run; InvalidDocumentError for any other."""
    rules = _RULES if introspection else (*_RULES, NoSchemaIntrospectionCustomRule)

    @lru_cache(maxsize=REMEMBERED)
    def prepare(text: str) -> Document:
        try:
            document = parse(text, max_tokens=MOST_TOKENS, no_location=False)
        except GraphQLError as error:
            raise InvalidDocumentError([error]) from None
        except RecursionError:
            raise InvalidDocumentError([GraphQLError("The document nests too deeply.")]) from None
        # In this order: only a valid document is sure to have no cycle of fragments.
        if errors := validate(schema, document, rules) or excesses(document):
            raise InvalidDocumentError(errors)
        return described(document)

    return prepare


def excesses(document: DocumentNode) -> list[GraphQLError]:
    """What is too much in a valid document. Each fragment is weighed once, however often it is spread."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    weights: dict[str, Weight] = {}
    found = [
        _weight(node.selection_set, fragments, weights)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    errors = []
    if any(weight.depth > DEEPEST for weight in found):
        errors.append(GraphQLError(f"The document nests deeper than {DEEPEST} levels."))
    if any(weight.aliases > MOST_ALIASES for weight in found):
        errors.append(GraphQLError(f"The document has more than {MOST_ALIASES} aliases."))
    return errors


def is_subscription(document: DocumentNode, name: str | None) -> bool:
    """Whether the operation `name` is one; without a name, the only one."""
    operation = get_operation_ast(document, name)
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION


def described(document: DocumentNode) -> Document:
    """A valid document, with what is worth knowing of it before each run."""
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
    """`has_directives`: @skip or @include may make one run select other fields than another."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.has_directives = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.names.add(node.name.value)

    def enter_directive(self, *_: Any) -> None:
        self.has_directives = True


def _weight(
    selections: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    weights: dict[str, Weight],
) -> Weight:
    depth = aliases = 0
    for selection in selections.selections if selections else ():
        match selection:
            case FieldNode():
                inner = _weight(selection.selection_set, fragments, weights)
                inner = Weight(inner.depth + 1, inner.aliases + (selection.alias is not None))
            case InlineFragmentNode():
                inner = _weight(selection.selection_set, fragments, weights)
            case FragmentSpreadNode():
                name = selection.name.value
                if name not in weights:
                    weights[name] = _weight(fragments[name].selection_set, fragments, weights)
                inner = weights[name]
        depth, aliases = max(depth, inner.depth), aliases + inner.aliases
    return Weight(depth, aliases)
