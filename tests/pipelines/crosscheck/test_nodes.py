"""A run reads suspicions first, counts its answers, and names open differences."""

from datetime import date

import pytest

from infra.errors import UsageError
from pipelines.crosscheck.drawing import Contents, DatasetContents
from pipelines.crosscheck.nodes import OpenDifference, Start, alarm, count, plan
from pipelines.crosscheck.params import Params
from pipelines.crosscheck.questions import Question
from pipelines.crosscheck.sums import TABLES

DAYS = [date(2026, 11, 29), date(2026, 11, 28)]
CONTENTS = Contents(DAYS, [], {"PLATFORM": ["platform"]}, {name: DatasetContents([], [], {}) for name in TABLES})
DUE = [Question("days_are_their_hours", 0, 86_400, scope="ACCOUNT", subject="a-1")]
START = Start(CONTENTS, DUE, 7, 99.0)


def test_suspicions_are_read_before_new_questions() -> None:
    planned = plan(START, Params())
    assert planned.questions[0] == DUE[0]
    assert len(planned.questions) > 1
    assert (planned.seed, planned.deadline) == (7, 99.0)
    assert plan(START, Params(seed=8)).seed == 8


def test_a_law_and_a_day_restrict_new_questions() -> None:
    questions = plan(START._replace(suspicions=[]), Params(law="operators_are_the_platform", day=DAYS[1])).questions
    assert {(each.law, each.first_day) for each in questions} == {("operators_are_the_platform", DAYS[1])}


def test_an_unknown_law_is_refused() -> None:
    with pytest.raises(UsageError, match="There is no law x; choose from days_are_their_hours, "):
        plan(START, Params(law="x"))


def test_answers_are_counted_by_kind() -> None:
    assert count(["equal", "equal", "unsettled"]) == {
        "questions": 3,
        "equal": 2,
        "suspected": 0,
        "different": 0,
        "unsettled": 1,
        "too_expensive": 0,
    }


def test_an_alarm_names_the_newest_differences() -> None:
    assert alarm([], []) == ""
    open_ = [OpenDifference(number, DUE[0]) for number in (5, 4, 3, 1)]
    assert alarm([], open_[:1]) == (
        "Numbers that must be equal differ: 5 "
        '({"law":"days_are_their_hours","first":0,"end":86400,"scope":"ACCOUNT","subject":"a-1"}); '
        "see anlyt.crosscheck_log."
    )
    assert "and 1 more; see" in alarm([], open_)
