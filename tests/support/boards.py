"""The rules of Grafana's dashboard-linter, and ours: what is wrong with a dashboard, a sentence each.

Left out: its rule of a matcher on `instance`, as figures are the service's, not a process's. A range of its own is
allowed to the expression of an alert (tests/dashboards/test_limits.py).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Any, Final

from tools.export import ROOT

Json = Mapping[str, Any]

# Those of Grafana's identifiers of units that we use (packages/grafana-data/src/valueFormats/categories.ts).
UNITS: Final = {"s", "ms", "short", "none", "string", "eps", "reqps", "percentunit", "dateTimeFromNow"}
COUNTERS: Final = re.compile(r"\b(anlyt_\w+_(?:total|count|bucket|sum))\b")
SELECTORS: Final = re.compile(r"\b((?:anlyt_\w+|up)\b(?:\{(.*?)\})?)")


def problems(board: Json) -> list[str]:
    """Empty for a dashboard that follows every rule."""
    return [problem for rule in RULES for problem in rule(board)]


def panels(board: Json) -> list[Json]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board: Json) -> list[Json]:
    return [target for panel in panels(board) for target in panel["targets"]]


def variables(board: Json) -> dict[str, Json]:
    return {variable["name"]: variable for variable in board["templating"]["list"]}


def data_sources_are_chosen_by_variables(board: Json) -> Iterator[str]:
    known = {f"${{{name}}}": each["query"] for name, each in variables(board).items() if each["type"] == "datasource"}
    asking = [each for each in (*panels(board), *targets(board), *variables(board).values()) if "datasource" in each]
    for each in asking:
        if known.get(each["datasource"]["uid"]) != each["datasource"]["type"]:
            yield f"{each.get('title') or each.get('name') or each.get('refId')}: its data source is no variable's."
    for uid in known.keys() - {each["datasource"]["uid"] for each in asking}:
        yield f"{uid} is asked by nothing."


def queries_of_variables_follow_the_time_range(board: Json) -> Iterator[str]:
    for name, variable in variables(board).items():
        if variable["type"] == "query" and variable["refresh"] != 2:
            yield f"${name} is not asked again when the time range changes."


def panels_have_titles_and_descriptions(board: Json) -> Iterator[str]:
    titles = Counter(panel["title"] for panel in panels(board))
    for panel in panels(board):
        if not panel["title"] or not panel["description"] or titles[panel["title"]] > 1:
            yield f"Panel {panel['id']} lacks a title of its own, or a description."


def panels_have_units(board: Json) -> Iterator[str]:
    for panel in panels(board):
        if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
            yield f"{panel['title']} has no unit that Grafana knows."


def panels_ask_something(board: Json) -> Iterator[str]:
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
                yield f"{selector} is not of the chosen job."


def variables_are_there_and_used(board: Json) -> Iterator[str]:
    asked = [target.get("expr", target.get("rawSql", "")) for target in targets(board)]
    texts = [*asked, *(link["url"] for panel in panels(board) for link in panel["links"])]
    repeats = {panel["repeat"] for panel in board["panels"] if "repeat" in panel}
    used = {name for text in texts for name in re.findall(r"\$\{?([a-z]\w*)", text)} | repeats
    known = {name for name, each in variables(board).items() if each["type"] != "datasource"}
    for name in used ^ known:
        yield f"${name} is used and not there, or there and not used."


def ids_are_unique(board: Json) -> Iterator[str]:
    for number, times in Counter(panel["id"] for panel in board["panels"]).items():
        if times > 1:
            yield f"{times} panels have the id {number}."


def panels_lie_beside_each_other(board: Json) -> Iterator[str]:
    for panel in board["panels"]:
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
            yield f"{panel['title']} ends beyond the 24th column."
    for one, other in combinations(board["panels"], 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} lies over {other['title']}."


def _overlap(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    return not beside and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]


def panels_lead_to_runbooks(board: Json) -> Iterator[str]:
    for panel in panels(board):
        pages = [link["url"].removeprefix("${runbooks:raw}/") for link in panel["links"]]
        if not pages or not all((ROOT / "docs/runbooks" / page).is_file() for page in pages):
            yield f"{panel['title']} leads to no runbook, or to one that is not there."


def nobody_edits_it_in_grafana(board: Json) -> Iterator[str]:
    if board["editable"]:
        yield "What is edited in Grafana is lost."


def no_tenant_is_shown(board: Json) -> Iterator[str]:
    for text in chain.from_iterable(map(_statements, (*targets(board), *variables(board).values()))):
        if re.search(r"tenant|account", text):
            yield f"A tenant or an account is read: {text}"


def _statements(asking: Json) -> Sequence[str]:
    return [text for name in ("rawSql", "expr", "query") if isinstance(text := asking.get(name), str)]


RULES: Final[tuple[Callable[[Json], Iterator[str]], ...]] = (
    data_sources_are_chosen_by_variables,
    queries_of_variables_follow_the_time_range,
    panels_have_titles_and_descriptions,
    panels_have_units,
    panels_ask_something,
    rates_follow_the_scrapes,
    counters_are_read_as_rates,
    selectors_name_the_job,
    variables_are_there_and_used,
    ids_are_unique,
    panels_lie_beside_each_other,
    panels_lead_to_runbooks,
    nobody_edits_it_in_grafana,
    no_tenant_is_shown,
)
