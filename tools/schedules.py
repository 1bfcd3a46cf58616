"""Writes the pipelines' schedules into the chart, the alerts and the runbook; the rest of these files is kept."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipelines.pipeline_registry import DEFINITIONS
from pipelines.times import Daily, crontab, in_words, is_resident

ROOT: Final = Path(__file__).resolve().parent.parent
VALUES: Final = Path("infra/service/values.yaml")
RULES: Final = Path("infra/alerts/anlyt.rules.yaml")
RUNBOOK: Final = Path("docs/runbooks/pipelines.md")


def files() -> Mapping[Path, str]:
    """The content of each file, by its path. Everything except the schedules stays as it is."""
    return {VALUES: _values(), RULES: rules(), RUNBOOK: _runbook()}


def rules() -> str:
    """The alerts, with the daily pipelines in the expression of AnlytPipelineLate."""
    daily = [name for name, definition in DEFINITIONS.items() if isinstance(definition.times, Daily)]
    return _replaced(RULES, {r'pipeline=~"[a-z|]+"(?=}\n)': f'pipeline=~"{"|".join(daily)}"'})


def _values() -> str:
    resident = [name for name, definition in DEFINITIONS.items() if is_resident(definition.times)]
    jobs = [
        f'    {name}: "{crontab(definition.times)}"\n'
        for name, definition in DEFINITIONS.items()
        if name not in resident
    ]
    retries = [f"    {name}: {DEFINITIONS[name].retries}\n" for name in DEFINITIONS if name not in resident]
    return _replaced(
        VALUES,
        {
            r"(?m)^  resident: \[.*\]$": f"  resident: [{', '.join(resident)}]",
            r"(?m)^  cron:\n(?:    \w+: .*\n)*": f"  cron:\n{''.join(jobs)}",
            r"(?m)^  retries:\n(?:    \w+: .*\n)*": f"  retries:\n{''.join(retries)}",
        },
    )


def _runbook() -> str:
    """The runbook with the schedules. Raises ValueError if a pipeline has no row: an author has to write its notes."""
    times = {name: definition.times for name, definition in DEFINITIONS.items()}
    rows = {rf"(?m)^\| `{name}` \|[^|]*\|": f"| `{name}` | {in_words(when)} |" for name, when in times.items()}
    commands = [f'{f"anlyt pipeline {name}":31} # schedule: "{crontab(when)}"\n' for name, when in times.items()]
    return _replaced(RUNBOOK, {**rows, r"(?m)(?:^anlyt pipeline .* # schedule: .*\n)+": "".join(commands)})


def _replaced(path: Path, parts: Mapping[str, str]) -> str:
    """The file's text with each pattern's match replaced. Raises ValueError unless a pattern matches exactly once."""
    text = (ROOT / path).read_text()
    for pattern, part in parts.items():
        text, count = re.subn(pattern, part.replace("\\", r"\\"), text)
        if count != 1:
            raise ValueError(f"{path} must have one place for {part.strip()!r}; it has {count}.")
    return text
