"""Questions are drawn by their seed, from what the stores have, and from nothing else."""

from datetime import date, timedelta
from random import Random

import pytest

from infra.zones import timezone
from pipelines.crosscheck.drawing import Contents, DatasetContents, begin_of, draw
from pipelines.crosscheck.laws import LAWS, verifies_cells
from pipelines.crosscheck.questions import EVERY_TENANT, WHOLE_DAY, Question, question_of
from pipelines.crosscheck.sums import TABLES
from schema.instants import SECOND, time_of

TODAY = date(2026, 11, 30)
DAYS = [TODAY - timedelta(days=number) for number in range(20)]
ARCHIVED = [date(2026, 8, 1), date(2026, 7, 31)]
VALUES = {"mno": ["AWCC", "unknown"], "lane": ["OTP"]}
DATASETS = {name: DatasetContents(DAYS, ["t-1", "t-2"], VALUES) for name in TABLES}
SUBJECTS = {"PLATFORM": ["platform"], "OPERATOR": ["op-1"], "ACCOUNT": ["a-1", "a-2"]}
FULL = Contents(DAYS, ARCHIVED, SUBJECTS, DATASETS)
EMPTY = Contents([], [], {"PLATFORM": ["platform"]}, {name: DatasetContents([], [], {}) for name in TABLES})


def drawn(contents: Contents, *laws: str, count: int = 300, seed: int = 1) -> list[Question]:
    return list(draw(Random(seed), contents, [LAWS[name] for name in laws or LAWS], count))


def test_a_seed_draws_the_same_questions_again() -> None:
    assert drawn(FULL) == drawn(FULL)
    assert drawn(FULL) != drawn(FULL, seed=2)


def test_nothing_is_asked_about_nothing() -> None:
    assert drawn(EMPTY) == []


@pytest.mark.parametrize("law", LAWS)
def test_each_law_is_asked_about_what_there_is(law: str) -> None:
    questions = drawn(FULL, law)
    assert len(questions) > 1
    for question in questions:
        assert question.law == law
        assert question.first < question.end
        days = ARCHIVED if law.startswith("archived") else DAYS
        assert {question.first_day, question.last_day} & set(days)
        assert question.tenant in (EVERY_TENANT, "t-1", "t-2")
        assert question.value in ("", *VALUES.get(question.dimension, ()))
        assert question_of(question.text) == question


def test_local_days_begin_at_midnight_of_their_zone() -> None:
    questions = drawn(FULL, "local_days_are_their_parts")
    assert len({question.zone for question in questions}) > 3
    for question in questions:
        for edge in (question.first, question.end):
            assert time_of(edge * SECOND).astimezone(timezone(question.zone)).strftime("%H:%M:%S") == "00:00:00"


def test_cells_of_all_tenants_are_drawn_by_the_hour_that_a_round_lacks() -> None:
    missing = {(name, day): WHOLE_DAY & ~(1 << 7) for name in TABLES for day in DAYS}
    contents = Contents(DAYS, ARCHIVED, SUBJECTS, DATASETS, missing)
    together = [each for each in drawn(contents, "cubes_are_facts") if each.tenant == EVERY_TENANT]
    assert {each.hours for each in together} == {1 << 7}
    assert all(verifies_cells(LAWS[each.law], each) for each in together)


def test_a_tenants_day_is_verified_as_a_whole_and_not_under_a_filter() -> None:
    own = [each for each in drawn(FULL, "cubes_are_facts") if each.tenant != EVERY_TENANT]
    assert {verifies_cells(LAWS[each.law], each) for each in own} == {True, False}
    assert all(each.hours == WHOLE_DAY for each in own if verifies_cells(LAWS[each.law], each))


def test_hours_are_bits_of_the_day() -> None:
    begin = begin_of(TODAY)
    assert Question("", begin, begin + 3600).hours == 1
    assert Question("", begin + 22 * 3600, begin + 24 * 3600).hours == 0b11 << 22
    assert Question("", begin, begin + 24 * 3600).hours == WHOLE_DAY


def test_newer_days_are_drawn_more_often() -> None:
    days = [each.first_day for each in drawn(FULL, "operators_are_the_platform", count=3000)]
    assert sum(day in DAYS[:5] for day in days) > sum(day in DAYS[-10:] for day in days)
