"""What a URL requests of a page: its values, and what is wrong with them, by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlencode

from graph.errors import InvalidQueryError
from graph.http.parameters import Parameter, joined, read_choice, read_id, read_integer, read_query
from graph.web.window import PARAMETERS, PageWindow, WindowProblems, read_page_window

_READABLE: Final = ":/,"  # a query may contain them as they are, and times, zones and lists have them
WHOLE: Final = ""  # the field of a problem that belongs to no single one


@dataclass(frozen=True, slots=True)
class Form:
    """`values`: the declared parameters as given, without empty ones. `problems`: what is wrong, by field.

    `window` is None if the page has none, or if it is wrong.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    window: PageWindow | None = None

    def without(self, *names: str) -> Mapping[str, str]:
        """The values of all other fields, which a form on the page keeps as hidden ones."""
        return {name: value for name, value in self.values.items() if name not in names}

    def forgetting(self, *names: str) -> "Form":
        """The form without the values of some fields."""
        return replace(self, values=self.without(*names))

    @property
    def for_api(self) -> Mapping[str, str]:
        """The parameters with which the API answers exactly the page's window, whenever they are sent."""
        others = self.without(*(each.name for each in PARAMETERS))
        return {**(self.window.exact if self.window else {}), **others}

    def raise_problem(self) -> None:
        """Raises InvalidQueryError if anything is wrong; for answers that have no fields at which to say so."""
        if self.problems:
            raise InvalidQueryError(" ".join(self.problems.values()))


def read_form(
    query_string: bytes, parameters: Sequence[Parameter], default_window: Mapping[str, str] | None, now: datetime
) -> Form:
    """Reads a query string at `now`. Never raises: a page shows each problem at its field, and keeps all else."""
    allowed = (*parameters, *(PARAMETERS if default_window is not None else ()))
    names = {each.name for each in allowed}
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    values = {name: value for name, value in joined(pairs, allowed).items() if name in names and value}
    problems = dict[str, str]()
    try:
        read_query(query_string, allowed)
    except InvalidQueryError as error:
        problems[WHOLE] = str(error)
    for parameter in parameters:
        try:
            _check(parameter, values)
        except InvalidQueryError as error:
            problems[parameter.name] = str(error)
    window = None
    if default_window is not None:
        try:
            window = read_page_window(values, default_window, now)
        except WindowProblems as wrong:
            problems.update(wrong.by_field)
    return Form(values, problems, window)


def _check(parameter: Parameter, values: Mapping[str, str]) -> None:
    """Raises InvalidQueryError if the value breaks the parameter's schema."""
    if "enum" in parameter.schema:
        read_choice(parameter, values)
    elif parameter.schema.get("type") == "integer":
        read_integer(parameter, values)
    elif "pattern" in parameter.schema:
        read_id(parameter, values)


def href(path: str, values: Mapping[str, str], **changes: str | None) -> str:
    """The URL of a page with `values`, changed by `changes`; None removes a value."""
    chosen = {name: value for name, value in {**values, **changes}.items() if value is not None}
    return f"{path}?{_query(tuple(chosen.items()))}" if chosen else path


@lru_cache(maxsize=1024)  # the links of a page have the same few parameters
def _query(parameters: tuple[tuple[str, str], ...]) -> str:
    return urlencode(parameters, safe=_READABLE)
