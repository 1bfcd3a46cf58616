"""The report of a run as lines of text."""

from collections.abc import Iterable, Sequence
from typing import Final

from tests.soak.soak import Report

MEGABYTE: Final = 1 << 20
SHOWN: Final = 40  # differences


def summary(report: Report) -> Sequence[str]:
    """Tables of what happened, and the differences last."""
    minutes, per_message = report.seconds / 60, report.disk / max(report.messages, 1)
    runs = [f"{name} {count}{'' if good else ' failed'}" for (name, good), count in sorted(report.runs.items())]
    ends = [f"{name} with {status}: {count}" for (name, status), count in sorted(report.ends.items())]
    return [
        f"{report.messages:,} messages, {report.faults} faults, {minutes:.1f} minutes in all",
        "",
        *_table(
            ("fault", "times", "gap, median s", "gap, worst s"),
            [(kind, str(count), f"{middle:.1f}", f"{worst:.1f}") for kind, count, middle, worst in report.gaps],
        ),
        "",
        *_table(
            ("asked by", "answer", "times"),
            [(*key, f"{count:,}") for key, count in sorted(report.answers.items())],
        ),
        f"exports: {report.exports}, all done and whole" if not report.differences else f"exports: {report.exports}",
        "",
        *_table(
            ("of", "unit", "first", "last", "most", "per hour"),
            [
                (each.name, each.unit, *(f"{value:,.0f}" for value in (each.first, each.last, each.most, each.slope)))
                for each in report.trends
            ],
        ),
        f"disk: {report.disk / MEGABYTE:,.0f} MB, {per_message:,.0f} bytes per message",
        f"commands of daily pipelines: {', '.join(runs) or 'none'}",
        f"processes that ended by themselves and were started again: {', '.join(ends) or 'none'}",
        "",
        *(f"  {line[:300]}" for line in report.differences[:SHOWN]),
        f"{len(report.differences)} differences",
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Sequence[str]:
    lines = [head, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return [
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]
