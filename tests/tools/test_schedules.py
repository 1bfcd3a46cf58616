"""The chart, the alerts and the runbook have the schedules that the pipelines declare."""

from dataclasses import replace
from typing import cast

import pytest

from pipelines.definition import Definition
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.times import Daily, Every, Times
from tools import schedules

declared = cast(dict[str, Definition], DEFINITIONS)


def test_a_changed_schedule_changes_in_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rollup becomes daily and the archive runs every 30 s. Everything else in the files stays."""
    daily = [name for name, definition in DEFINITIONS.items() if isinstance(definition.times, Daily)]
    changed: dict[str, Times] = {"rollup": Daily(5, 7), "archive": Every(seconds=30)}
    for name, times in changed.items():
        monkeypatch.setitem(declared, name, replace(declared[name], times=times))
    lines = {
        path: set(text.splitlines()) ^ set((schedules.ROOT / path).read_text().splitlines())
        for path, text in schedules.files().items()
    }
    assert lines == {
        schedules.VALUES: {
            "  resident: [cubes, copies, quality, crosscheck]",
            "  resident: [cubes, copies, quality, archive, crosscheck]",
            '    rollup: "*/15 * * * *"',
            '    rollup: "7 5 * * *"',
            '    archive: "20 4 * * *"',
            "    archive: 2",
        },
        schedules.RULES: {
            f'            anlyt_pipeline_last_success_timestamp_seconds{{pipeline=~"{"|".join(names)}"}}'
            for names in (daily, ["rollup", *(name for name in daily if name != "archive")])
        },
        schedules.RUNBOOK: {
            "| `rollup` | every 15 minutes | any time: [rollup.md](rollup.md) |",
            "| `rollup` | 05:07 | any time: [rollup.md](rollup.md) |",
            "| `archive` | 04:20 | any time: [archive.md](archive.md) |",
            "| `archive` | every 30 s | any time: [archive.md](archive.md) |",
            'anlyt pipeline rollup           # schedule: "*/15 * * * *"',
            'anlyt pipeline rollup           # schedule: "7 5 * * *"',
            'anlyt pipeline archive          # schedule: "20 4 * * *"',
            'anlyt pipeline archive          # schedule: "* * * * *"',
        },
    }


def test_a_pipeline_without_a_row_in_the_runbook_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(declared, "billing", declared["rollup"])
    with pytest.raises(ValueError, match=r"docs/runbooks/pipelines\.md must have one place for '\| `billing` \|"):
        schedules.files()
