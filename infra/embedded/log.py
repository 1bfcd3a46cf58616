"""An engine's log file, which many starts share."""

from pathlib import Path

MAX_BYTES = 16 << 20


def begin(log: Path) -> int:
    """Makes the log, or puts one grown too large aside, and returns where the next line will stand."""
    log.touch()
    if log.stat().st_size > MAX_BYTES:
        log.replace(log.with_suffix(".log.1"))
        log.touch()
    return log.stat().st_size


def tail(log: Path, start: int = 0, lines: int = 12) -> str:
    """The last lines from byte `start` on, each on an indented line of its own."""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - (lines << 12)))
        text = file.read().decode(errors="replace")
    return "".join(f"\n  {line}" for line in text.splitlines()[-lines:])
