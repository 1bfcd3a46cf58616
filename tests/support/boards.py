"""The rules of Grafana's dashboard-linter, and ours. Each yields one sentence per problem of a dashboard.

The linter's rule for a matcher on `instance` is left out, because figures are per service, not per process. Only the
expression of an alert may have its own range (tests/dashboards/test_limits.py).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Any, Final

from tools.export import ROOT

Json = Mapping[str, Any]

# Grafana's identifiers of the units that we use (packages/grafana-data/src/valueFormats/categories.ts).
UNITS: Final = {"s", "ms", "short", "none", "string", "eps", "reqps", "percentunit", "dateTimeFromNow"}
COUNTERS: Final = re.compile(r"\b(anlyt_\w+_(?:total|count|bucket|sum))\b")
SELECTORS: Final = re.compile(r"\b((?:anlyt_\w+|up)\b(?:\{(.*?)\})?)")


def problems(board: Json) -> list[str]:
    """The problems of a dashboard; empty if it follows every rule."""
    return [problem for rule in RULES for problem in rule(board)]


def panels(board: Json) -> list[Json]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board: Json) -> list[Json]:
    return [target for panel in panels(board) for target in panel["targets"]]


def variables(board: Json) -> dict[str, Json]:
    return {variable["name"]: variable for variable in board["templating"]["list"]}


def data_sources_are_chosen_by_variables(board: Json) -> Iterator[str]:
    known = {f"${{{name}}}": each["query"] for name, each in variables(board).items() if each["type"] == "datasource"}
    querying = [each for each in (*panels(board), *targets(board), *variables(board).values()) if "datasource" in each]
    for each in querying:
        if known.get(each["datasource"]["uid"]) != each["datasource"]["type"]:
            label = each.get("title") or each.get("name") or each.get("refId")
            yield f"{label}: its data source is not chosen by a variable."
    for uid in known.keys() - {each["datasource"]["uid"] for each in querying}:
        yield f"{uid} is used by no query."


def queries_of_variables_follow_the_time_range(board: Json) -> Iterator[str]:
    for name, variable in variables(board).items():
        if variable["type"] == "query" and variable["refresh"] != 2:
            yield f"${name} is not queried again when the time range changes."


def panels_have_titles_and_descriptions(board: Json) -> Iterator[str]:
    titles = Counter(panel["title"] for panel in panels(board))
    for panel in panels(board):
        if not panel["title"] or not panel["description"] or titles[panel["title"]] > 1:
            yield f"Panel {panel['id']} lacks a title of its own, or a description."


def panels_have_units(board: Json) -> Iterator[str]:
    for panel in panels(board):
        if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
            yield f"{panel['title']} has no unit that Grafana has."


def panels_have_queries(board: Json) -> Iterator[str]:
    for panel in panels(board):
        refs = [target["refId"] for target in panel["targets"]]
        if not refs or len(set(refs)) < len(refs):
            yield f"{panel['title']} asks nothing, or two things under one name."


def rates_follow_the_scrapes(board: Json) -> Iterator[str]:
    for target in targets(board):
        for each in re.findall(r"\[(\$?\w+)\]", target.get("expr", "")):
            if each not in {"$__rate_interval", "5m", "11d"}:
                yield f"The range {each} is neither $__rate_interval nor an alert's: {target['expr']}"


def counters_are_read_as_rates(board: Json) -> Iterator[str]:
    for target in targets(board):
        expression = re.sub(r"\b(?:rate|irate|increase)\([^()]*\)", "", target.get("expr", ""))
        for counter in COUNTERS.findall(expression):
            yield f"{counter} is read without rate or increase."


def selectors_name_the_job(board: Json) -> Iterator[str]:
    for target in targets(board):
        for selector, matchers in SELECTORS.findall(target.get("expr", "")):
            if 'job=~"$job"' not in matchers:
                yield f"{selector} is not limited to the chosen job."


def variables_are_declared_and_used(board: Json) -> Iterator[str]:
    queries = [target.get("expr", target.get("rawSql", "")) for target in targets(board)]
    texts = [*queries, *(link["url"] for panel in panels(board) for link in panel["links"])]
    repeats = {panel["repeat"] for panel in board["panels"] if "repeat" in panel}
    used = {name for text in texts for name in re.findall(r"\$\{?([a-z]\w*)", text)} | repeats
    known = {name for name, each in variables(board).items() if each["type"] != "datasource"}
    for name in used ^ known:
        yield f"${name} is used but not declared, or declared but not used."


def ids_are_unique(board: Json) -> Iterator[str]:
    for number, times in Counter(panel["id"] for panel in board["panels"]).items():
        if times > 1:
            yield f"{times} panels have the id {number}."


def panels_do_not_overlap(board: Json) -> Iterator[str]:
    for panel in board["panels"]:
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
            yield f"{panel['title']} ends beyond the 24th column."
    for one, other in combinations(board["panels"], 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} overlaps {other['title']}."


def _overlap(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    return not beside and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]


def panels_link_to_runbooks(board: Json) -> Iterator[str]:
    for panel in panels(board):
        pages = [link["url"].removeprefix("${runbooks:raw}/") for link in panel["links"]]
        if not pages or not all((ROOT / "docs/runbooks" / page).is_file() for page in pages):
            yield f"{panel['title']} links to no runbook, or to a missing one."


def it_is_not_editable_in_grafana(board: Json) -> Iterator[str]:
    if board["editable"]:
        yield "It is editable, but edits in Grafana would be lost."


def no_tenant_is_shown(board: Json) -> Iterator[str]:
    for text in chain.from_iterable(map(_statements, (*targets(board), *variables(board).values()))):
        if re.search(r"tenant|account", text):
            yield f"It reads a tenant or an account: {text}"


def _statements(part: Json) -> Sequence[str]:
    return [text for name in ("rawSql", "expr", "query") if isinstance(text := part.get(name), str)]


RULES: Final[tuple[Callable[[Json], Iterator[str]], ...]] = (
    data_sources_are_chosen_by_variables,
    queries_of_variables_follow_the_time_range,
    panels_have_titles_and_descriptions,
    panels_have_units,
    panels_have_queries,
    rates_follow_the_scrapes,
    counters_are_read_as_rates,
    selectors_name_the_job,
    variables_are_declared_and_used,
    ids_are_unique,
    panels_do_not_overlap,
    panels_link_to_runbooks,
    it_is_not_editable_in_grafana,
    no_tenant_is_shown,
)
