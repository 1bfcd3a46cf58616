from datetime import date

from pipelines.rollup.nodes import count, in_groups, plan

DAYS = [date(2026, 10, 1), date(2026, 10, 3), date(2026, 9, 30)]


def test_the_newest_day_comes_first_and_each_alone() -> None:
    planned = plan(DAYS)
    assert [*in_groups(planned)] == [[date(2026, 10, 3), date(2026, 10, 1)], [date(2026, 9, 30)]]
    assert count(planned) == {"days": 3}


def test_no_days() -> None:
    assert list(in_groups(plan([]))) == []
    assert count([]) == {"days": 0}
