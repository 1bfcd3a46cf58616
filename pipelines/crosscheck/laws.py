"""The laws: pairs of statements that must give the same numbers. Pure: no I/O.

Each law is a declaration: what it is about, both statements, and what has to be settled before a comparison of them
means something (`settled`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from pipelines.crosscheck import sums
from pipelines.crosscheck.questions import Question
from pipelines.crosscheck.statements import Statement
from pipelines.crosscheck.sums import TABLES, filled
from schema.figures import COUNTERS, Figure, of

Batches: TypeAlias = Sequence[int]
"""The batches of the archive that count, of the question's days."""

Kind = Literal[
    "subject_day",
    "hours",
    "subject_hours",
    "cells",
    "day_cells",
    "local_days",
    "pages",
    "copies",
    "archived_day",
    "archived_subject",
]
"""How a question of the law is drawn (`drawing`): from the days of PostgreSQL, of facts, or of the archive."""

Need = Literal["added_up", "uncontested", "unmarked", "unarchived", "only_archived"]
"""What has to be settled.

`added_up`: the days' daily rows are those of their hours. `uncontested`: no peak may come from a discarded copy.
`unmarked`: the cubes follow all facts, and the facts are searched for copies. `unarchived`: all rows of the days are in
PostgreSQL. `only_archived`: none of the window is.
"""


IN_FACTS: Final[Mapping[str, str]] = {
    "delivered": "countIf(status = 'DELIVERED')",
    "failed": "countIf(status not in ('DELIVERED', 'PENDING'))",
    "pending_reports": "countIf(status = 'PENDING')",
    "latency_sum": "sumIf(latency_ms, status != 'PENDING')",
    "latency_samples": "countIf(status != 'PENDING')",
    "peak_tps": "max(tps_snapshot)",
}
"""What each figure of delivery reports is in facts."""

SUMS: Final = {name: figure for name, figure in of("delivered").items() if figure.merge == "sum"}
"""The figures of delivery reports that add up."""


@dataclass(frozen=True, slots=True)
class Law:
    """Two statements that give the same numbers for each question, in all columns.

    `meaning`: the law in one sentence. `of_cells`: an equal reading without a filter verifies whole cells.
    """

    name: str
    meaning: str
    kind: Kind
    left: Callable[[Question, Batches], Statement]
    right: Callable[[Question, Batches], Statement]
    needs: frozenset[Need]
    of_cells: bool = False

    @property
    def reads_one_snapshot(self) -> bool:
        """Whether both statements read PostgreSQL, in one snapshot."""
        return self.needs <= {"added_up", "uncontested"}


def _subject(question: Question) -> dict[str, Any]:
    return {"scope": question.scope, "subject": question.subject}


def _window(question: Question) -> dict[str, Any]:
    return {"first": question.first, "end": question.end}


def _postgres(name: str, **values: Any) -> Statement:
    return Statement("postgres", filled(name), values)


def _daily_figures(question: Question, _: Batches) -> Statement:
    return _postgres("daily_figures", **_subject(question), first=question.first)


def _hourly_figures(question: Question, _: Batches) -> Statement:
    return _postgres("hourly_figures", **_subject(question), **_window(question))


def _all_of(scope: str) -> Callable[[Question, Batches], Statement]:
    return lambda question, _: _postgres("figures_of_scope", scope=scope, **_window(question))


def _counted(question: Question, _: Batches) -> Statement:
    figures = [f"coalesce({each.merge}({each.column}), 0)::int8 as {each.column}" for each in of("delivered").values()]
    sql = filled("counted_reports", figures=", ".join(figures))
    return Statement("postgres", sql, _subject(question) | _window(question))


def _reports(question: Question, figures: Mapping[str, Figure]) -> Statement:
    """The reports of the question's subject in facts."""
    column = {"OPERATOR": "operator_id", "ACCOUNT": "account_id"}.get(question.scope)
    sql = filled(
        "reports",
        figures=", ".join(f"{IN_FACTS[name]} as {figure.column}" for name, figure in figures.items()),
        subject=f" and {column} = %(subject)s" if column else "",
    )
    return Statement("clickhouse", sql, _subject(question) | _window(question))


def _archived(name: str) -> Callable[[Question, Batches], Statement]:
    """Archived rows by subject: all figures, costs and latencies."""
    figures = {
        **{figure.column: _merged(figure) for figure in COUNTERS.values()},
        "total_cost": "sum(total_cost)",
        "costs": "toString(mapSort(sumMap(costs)))",
        "latencies": "toString(sumMap(latency_bins, latency_counts))",
    }
    shown = {figure.column: figure for figure in COUNTERS.values() if figure.added is None}

    def make(question: Question, batches: Batches) -> Statement:
        sql = filled(
            name,
            figures=", ".join(f"{sql} as {column}_" for column, sql in figures.items()),
            sums=", ".join(f"{figure.merge}(subject.{column}_) as {column}" for column, figure in shown.items())
            + ", sum(subject.total_cost_) as total_cost",
            hashed=", ".join(["subject.scope", "subject.scope_id", *(f"subject.{column}_" for column in figures)]),
        )
        return Statement("clickhouse", sql, _window(question) | {"batches": _numbers(batches)})

    return make


def _merged(figure: Figure) -> str:
    """The SQL of a figure over rows of the archive; -1 where a row does not have it."""
    if figure.merge == "max":
        return f"max({figure.column})"
    return f"if(count({figure.column}) = count(), sum(ifNull({figure.column}, 0)), -1)"


def _archived_reports(question: Question, batches: Batches) -> Statement:
    values = _subject(question) | _window(question) | {"batches": _numbers(batches)}
    figures = ", ".join(f"sum({each.column}) as {each.column}" for each in SUMS.values())
    return Statement("clickhouse", filled("archived_reports", figures=figures), values)


def _numbers(batches: Batches) -> tuple[int, ...]:
    """The batches as a list that is never empty; no batch has the number 0."""
    return (0, *batches)


def _cubes_of_hours(side: Callable[[Any, Question], Statement]) -> Callable[[Question, Batches], Statement]:
    return lambda question, _: side(TABLES[question.dataset].hours, question)


def _cubes_of_days(side: Callable[[Any, Question], Statement]) -> Callable[[Question, Batches], Statement]:
    return lambda question, _: side(TABLES[question.dataset].days, question)


def _of(side: Callable[[Question], Statement]) -> Callable[[Question, Batches], Statement]:
    return lambda question, _: side(question)


def _facts(name: str) -> Callable[[Question, Batches], Statement]:
    return lambda question, _: Statement(
        "clickhouse", filled(name, facts=TABLES[question.dataset].facts), _window(question)
    )


LAWS: Final[Mapping[str, Law]] = {
    law.name: law
    for law in (
        Law(
            "days_are_their_hours",
            "The daily row of a subject is the sum of its hours.",
            "subject_day",
            _daily_figures,
            _hourly_figures,
            frozenset({"added_up"}),
        ),
        Law(
            "operators_are_the_platform",
            "The figures of all operators add up to those of the platform.",
            "hours",
            _all_of("PLATFORM"),
            _all_of("OPERATOR"),
            frozenset({"uncontested"}),
        ),
        Law(
            "accounts_are_the_platform",
            "The figures of all accounts add up to those of the platform.",
            "hours",
            _all_of("PLATFORM"),
            _all_of("ACCOUNT"),
            frozenset({"uncontested"}),
        ),
        Law(
            "reports_are_facts",
            "The delivery reports that PostgreSQL counts for a subject are its facts.",
            "subject_hours",
            _counted,
            lambda question, _: _reports(question, of("delivered")),
            frozenset({"uncontested", "unmarked", "unarchived"}),
        ),
        Law(
            "cubes_are_facts",
            "The hourly cells of a cube are those of its facts.",
            "cells",
            _cubes_of_hours(sums.cube_cells),
            _cubes_of_hours(sums.source_cells),
            frozenset({"unmarked"}),
            of_cells=True,
        ),
        Law(
            "days_of_cubes_are_their_hours",
            "The daily cells of a cube are the sums of its hourly cells.",
            "day_cells",
            _cubes_of_days(sums.cube_cells),
            _cubes_of_days(sums.source_cells),
            frozenset({"unmarked"}),
        ),
        Law(
            "local_days_are_their_parts",
            "Facts by the local days of a time zone add up to the window's parts: its whole UTC hours, and the rest.",
            "local_days",
            _of(sums.local_days),
            _of(sums.window_parts),
            frozenset({"unmarked"}),
        ),
        Law(
            "pages_are_totals",
            "The groups of a cube, page by page, add up to the total of its facts.",
            "pages",
            _of(sums.pages),
            _of(sums.fact_sums),
            frozenset({"unmarked"}),
        ),
        Law(
            "events_are_facts",
            "Each event is one fact: no other tenant has a copy of it.",
            "copies",
            _facts("events"),
            _facts("facts"),
            frozenset({"unmarked"}),
        ),
        Law(
            "archived_days_are_their_hours",
            "The archived daily rows of a day are the sums of its archived hourly rows.",
            "archived_day",
            _archived("archived_days"),
            _archived("archived_hours"),
            frozenset({"only_archived"}),
        ),
        Law(
            "archived_reports_are_facts",
            "The archived delivery reports of a subject are its facts.",
            "archived_subject",
            _archived_reports,
            lambda question, _: _reports(question, SUMS),
            frozenset({"unmarked", "only_archived"}),
        ),
    )
}


def verifies_cells(law: Law, question: Question) -> bool:
    """Whether an equal reading verifies all cells of the question's hours, of its tenant or of all tenants."""
    return law.of_cells and not question.dimension
