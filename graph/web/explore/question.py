"""The question of `/explore`: a query as parameters of a URL, and the parameter that each problem of it belongs to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple, get_args

from graph.dsl.ast import Direction
from graph.errors import InvalidQueryError, QueryProblem
from graph.http.parameters import Parameter, read_items
from graph.web.form import WHOLE
from graph.web.window import PageWindow
from schema.catalog import DATASETS, Dataset

MOST_CONDITIONS: Final = 6
CONDITIONS: Final = range(1, MOST_CONDITIONS + 1)
ROWS: Final = "100"  # of a page, unless the URL says otherwise

# The operators in words.
OPERATORS: Final[Mapping[str, str]] = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of (a, b)",
    "notIn": "is none of (a, b)",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "prefix": "begins with",
    "isNull": "is null (true or false)",
}

_TEXT: Final = {"type": "string"}
_NAMES: Final = {"type": "array", "items": {"type": "string"}}
_FLAG: Final = {"type": "string", "enum": ["true"]}

DATASET: Final = Parameter("dataset", {"type": "string", "enum": list(DATASETS)}, "The events to query.")
MEASURE: Final = Parameter("measure", _NAMES, "The figures of each row.")
DIMENSION: Final = Parameter("dimension", _NAMES, "What the rows are grouped by.")
GRANULARITY: Final = Parameter("granularity", _TEXT, "The length of the rows' time buckets.")
SORT: Final = Parameter("sort", _TEXT, "The column to sort by.")
DIRECTION: Final = Parameter(
    "direction", {"type": "string", "enum": list(get_args(Direction))}, "Whether the lowest or the highest come first."
)
LIMIT: Final = Parameter("limit", _TEXT, "Rows per page.")
COMPARE_TO: Final = Parameter("compareTo", _TEXT, "The earlier window to compare with.")
TOTALS: Final = Parameter("totals", _FLAG, "Whether to add the measures over all rows.")
EXPLAIN: Final = Parameter("explain", _FLAG, "Whether to say how the query would run, without running it.")
AFTER: Final = Parameter("after", _TEXT, "The cursor at which the page begins.")
_OPERATOR: Final = {"type": "string", "enum": list(OPERATORS)}
_CONDITIONS: Final = tuple(
    Parameter(f"{part}{number}", _OPERATOR if part == "op" else _TEXT, f"The {part} of condition {number}.")
    for number in CONDITIONS
    for part in ("field", "op", "value")
)
PARAMETERS: Final = (
    *(DATASET, MEASURE, DIMENSION, *_CONDITIONS, GRANULARITY, SORT, DIRECTION, LIMIT, COMPARE_TO, TOTALS),
    *(EXPLAIN, AFTER),
)
# Parameters of a query's window, which keep it from one question to the next.
WINDOW: Final = ("from", "to", "last", "window", "timezone")
# A URL with none of these asks nothing yet.
_ASKING: Final = frozenset(each.name for each in PARAMETERS) - {each.name for each in (DATASET, TOTALS, EXPLAIN, AFTER)}

_PATH: Final = re.compile(r"\$\.(\w+)(?:\.(\w+))?(?:\[(\d+)\])?(?:\.(\w+))?")
_NUMBER: Final = re.compile(r"-?[0-9]{1,25}(\.[0-9]{1,9})?", re.ASCII)
_FIELDS: Final[Mapping[str, str]] = {
    "dataset": DATASET.name,
    "measures": MEASURE.name,
    "dimensions": DIMENSION.name,
    "limit": LIMIT.name,
    "compareTo": COMPARE_TO.name,
}
_LABELS: Final[Mapping[str, str]] = {
    DATASET.name: "Dataset",
    MEASURE.name: "Measures",
    DIMENSION.name: "Dimensions",
    GRANULARITY.name: "By time",
    SORT.name: "Sort by",
    DIRECTION.name: "Order",
    LIMIT.name: "Rows",
    COMPARE_TO.name: "Compare with",
}


class Asked(NamedTuple):
    """A condition as the URL has it. `number` is that of its parameters."""

    number: int
    field: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Question:
    """A query as a form has it: texts, which may be wrong. The parser of the query language checks them."""

    dataset: Dataset
    measures: Sequence[str]
    dimensions: Sequence[str]
    conditions: Sequence[Asked]
    granularity: str
    sort: str
    direction: str
    limit: str
    compare_to: str
    totals: bool
    explain: bool
    after: str | None

    def condition(self, number: int) -> Asked:
        """The condition of a number; an empty one if the URL has none."""
        return next((each for each in self.conditions if each.number == number), Asked(number, "", "eq", ""))

    def conditions_of(self, member: str) -> Sequence[Asked]:
        """The conditions of `filter` or of `having`: those of measures are of `having`."""
        measures = {measure.name for measure in self.dataset.measures}
        return [each for each in self.conditions if (each.field in measures) == (member == "having")]

    def query(self, window: PageWindow) -> Mapping[str, Any]:
        """The query, as REST and GraphQL take it. Members that have their defaults are left out."""
        zone = {} if window.timezone == "UTC" else {"timezone": window.timezone}
        optional = {
            "dimensions": list(self.dimensions),
            "filter": self._conditions("filter"),
            "having": self._conditions("having"),
            "orderBy": [{"field": self.sort, "direction": self.direction}] if self.sort else [],
            "compareTo": self.compare_to,
            "totals": self.totals,
            "explain": self.explain,
            "after": self.after,
        }
        return {
            "dataset": self.dataset.name,
            "measures": list(self.measures),
            "time": {**window.exact, "granularity": self.granularity, **zone},
            "limit": int(self.limit) if _is_whole_number(self.limit) else self.limit,
            **{name: value for name, value in optional.items() if value},
        }

    def _conditions(self, member: str) -> Mapping[str, Any]:
        each = [_condition(asked, self.dataset) for asked in self.conditions_of(member)]
        return {"and": each} if each else {}


def read_question(values: Mapping[str, str]) -> Question:
    """The question of a URL. One that asks nothing yet gets the dataset's first measure, by day."""
    dataset = DATASETS.get(values.get(DATASET.name, ""), next(iter(DATASETS.values())))
    is_new = _ASKING.isdisjoint(values)
    return Question(
        dataset=dataset,
        measures=[dataset.measures[0].name] if is_new else read_items(MEASURE, values),
        dimensions=read_items(DIMENSION, values),
        conditions=list(_asked(values)),
        granularity=values.get(GRANULARITY.name, "day" if is_new else "none"),
        sort=values.get(SORT.name, ""),
        direction=values.get(DIRECTION.name, "asc"),
        limit=values.get(LIMIT.name, ROWS),
        compare_to=values.get(COMPARE_TO.name, ""),
        totals=TOTALS.name in values,
        explain=EXPLAIN.name in values,
        after=values.get(AFTER.name),
    )


def window_of(values: Mapping[str, str]) -> Mapping[str, str]:
    """The values of the window and its zone."""
    return {name: value for name, value in values.items() if name in WINDOW}


def problems_by_field(error: InvalidQueryError, question: Question) -> Mapping[str, str]:
    """The problems of a query by the parameter that each belongs to."""
    found = dict[str, list[str]]()
    for problem in error.problems:
        name = field_of(problem.path, question)
        found.setdefault(name, []).append(f"{_label(name)}{problem.message}{_advice(name, problem)}")
    return {name: " ".join(texts) for name, texts in found.items()} or {WHOLE: str(error)}


def field_of(path: str, question: Question) -> str:
    """The parameter that a JSON path of the query belongs to, such as `value2` for `$.filter.and[1].value`."""
    match = _PATH.match(path)
    if match is None:
        return WHOLE
    member, inner, index, part = match.groups()
    if member in ("filter", "having") and index is not None:
        number = question.conditions_of(member)[int(index)].number
        return f"{part if part in ('op', 'value') else 'field'}{number}"
    if member == "orderBy":
        return DIRECTION.name if part == "direction" else SORT.name
    if member == "time":
        return inner if inner in (GRANULARITY.name, "timezone") else "from"
    return _FIELDS.get(member, WHOLE)


def _advice(name: str, problem: QueryProblem) -> str:
    """The operators to choose from. Other fields list their names already."""
    if not name.startswith("op"):
        return ""
    return f" Choose one of: {'; '.join(OPERATORS[each] for each in OPERATORS if each in problem.allowed)}."


def _label(name: str) -> str:
    if name in _LABELS:
        return f"{_LABELS[name]}: "
    part, number = name[:-1], name[-1:]
    return f"Condition {number}: " if part in ("field", "op", "value") else ""


def _asked(values: Mapping[str, str]) -> Iterator[Asked]:
    for number in CONDITIONS:
        field, value = values.get(f"field{number}", ""), values.get(f"value{number}", "")
        if field or value:
            yield Asked(number, field, values.get(f"op{number}", "eq"), value)


def _condition(asked: Asked, dataset: Dataset) -> Mapping[str, Any]:
    """A comparison. `in` and `notIn` have the texts between commas. An empty value is left out."""
    kinds = {measure.name: measure.kind for measure in dataset.measures}
    is_number = kinds.get(asked.field, "money") != "money"
    value: Any = asked.value
    match asked.op:
        case "isNull":
            value = {"true": True, "false": False}.get(value.strip(), value)
        case "in" | "notIn":
            value = [_value(each.strip(), is_number=is_number) for each in value.split(",") if each.strip()]
        case _:
            value = _value(value, is_number=is_number)
    return {"field": asked.field, "op": asked.op, **({} if value in ("", []) else {"value": value})}


def _value(text: str, *, is_number: bool) -> str | int | Decimal:
    number = text.strip()
    if not is_number or not _NUMBER.fullmatch(number):
        return text
    return Decimal(number) if "." in number else int(number)


def _is_whole_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and "." not in text
