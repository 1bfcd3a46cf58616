"""What the chart, the alerts and the runbook say of the pipelines' times: only these parts of the files are made."""

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
    """Path -> content: all else in it stays as it is."""
    return {VALUES: _values(), RULES: rules(), RUNBOOK: _runbook()}


def rules() -> str:
    """The alerts, with the daily pipelines in the expression of AnlytPipelineLate."""
    daily = [name for name, definition in DEFINITIONS.items() if isinstance(definition.times, Daily)]
    return _replaced(RULES, {r'pipeline=~"[a-z|]+"': f'pipeline=~"{"|".join(daily)}"'})


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
    """A pipeline's row must be there: what to know before it is run by hand stands in it."""
    times = {name: definition.times for name, definition in DEFINITIONS.items()}
    rows = {rf"(?m)^\| `{name}` \|[^|]*\|": f"| `{name}` | {in_words(when)} |" for name, when in times.items()}
    commands = [f'{f"anlyt pipeline {name}":31} # schedule: "{crontab(when)}"\n' for name, when in times.items()]
    return _replaced(RUNBOOK, {**rows, r"(?m)(?:^anlyt pipeline .* # schedule: .*\n)+": "".join(commands)})


def _replaced(path: Path, parts: Mapping[str, str]) -> str:
    """The file with each part that a pattern matches replaced; ValueError if a pattern does not match once."""
    text = (ROOT / path).read_text()
    for pattern, part in parts.items():
        text, found = re.subn(pattern, part.replace("\\", r"\\"), text)
        if found != 1:
            raise ValueError(f"{path} must have one place for {part.strip()!r}; it has {found}.")
    return text
