"""Plans the questions of a run, and counts what became of them. Pure: no I/O."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Final, Literal, NamedTuple, get_args

from infra.errors import UsageError
from pipelines.crosscheck.drawing import Contents, draw
from pipelines.crosscheck.laws import LAWS
from pipelines.crosscheck.params import Params
from pipelines.crosscheck.questions import Noted, Question
from pipelines.definition import Counts

NAMED: Final = 3  # differences in an alarm

Answer = Literal[Noted, "unsettled", "too_expensive"]
"""What became of a question: what was noted, or why there is no reading."""


class Start(NamedTuple):
    """What a run begins with: what can be asked about, open suspicions to read again, and a seed drawn for it.

    `deadline`: the monotonic clock's time at which its budget is spent.
    """

    contents: Contents
    suspicions: Sequence[Question]
    seed: int
    deadline: float


class Plan(NamedTuple):
    """The questions of a run, in their order: suspicions first."""

    questions: Sequence[Question]
    seed: int
    deadline: float


class OpenDifference(NamedTuple):
    """A difference that was not found equal again."""

    number: int
    question: Question


def plan(start: Start, params: Params) -> Plan:
    """Raises UsageError for an unknown law."""
    if params.law not in (None, *LAWS):
        raise UsageError(f"There is no law {params.law}; choose from {', '.join(LAWS)}.")
    laws = [law for law in LAWS.values() if params.law in (None, law.name)]
    contents = start.contents if params.day is None else _of_day(start.contents, params.day)
    seed = start.seed if params.seed is None else params.seed
    random = Random(seed)  # noqa: S311 -- a seed repeats the draws
    drawn = draw(random, contents, laws, params.questions)
    return Plan(list(dict.fromkeys((*start.suspicions, *drawn))), seed, start.deadline)


def _of_day(contents: Contents, day: date) -> Contents:
    """The contents of one day."""
    return replace(
        contents,
        days=[each for each in contents.days if each == day],
        archived=[each for each in contents.archived if each == day],
        datasets={
            name: replace(dataset, days=[each for each in dataset.days if each == day])
            for name, dataset in contents.datasets.items()
        },
    )


def take(planned: Plan) -> Plan:
    """The plan, unchanged: Kedro needs a node between two datasets."""
    return planned


def count(answers: Sequence[Answer]) -> Counts:
    """The number of questions that were asked, and of each answer."""
    counted: Mapping[str, int] = Counter(answers)
    names: Sequence[str] = (*get_args(Noted), "unsettled", "too_expensive")
    return {"questions": len(answers), **{name: counted.get(name, 0) for name in names}}


def alarm(_: Sequence[Answer], differences: Sequence[OpenDifference]) -> str:
    """One sentence that names the newest open differences; empty if there is none."""
    if not differences:
        return ""
    more = f" and {len(differences) - NAMED} more" if len(differences) > NAMED else ""
    named = ", ".join(f"{each.number} ({each.question.text})" for each in differences[:NAMED])
    return f"Numbers that must be equal differ: {named}{more}; see anlyt.crosscheck_log."
