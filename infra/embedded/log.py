"""An engine's log file, shared by all starts of the engine."""

from pathlib import Path

MAX_BYTES = 16 << 20


def begin(log: Path) -> int:
    """Creates the log, or rotates it above MAX_BYTES. Returns the byte offset of the next line."""
    log.touch()
    if log.stat().st_size > MAX_BYTES:
        log.replace(log.with_suffix(".log.1"))
        log.touch()
    return log.stat().st_size


def tail(log: Path, start: int = 0, lines: int = 12) -> str:
    """The last `lines` lines from byte `start` on, each after a line break and indented."""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - (lines << 12)))
        text = file.read().decode(errors="replace")
    return "".join(f"\n  {line}" for line in text.splitlines()[-lines:])
