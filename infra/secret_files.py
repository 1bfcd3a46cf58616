"""Values of files that NAME_FILE names, which are read again while the process runs: passwords and keys of engines."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from infra.urls import without_secrets

State: TypeAlias = tuple[int, int, int]
UNUSABLE: Final = "a secret cannot be renewed, the previous one stays in force"


class FromFile(str):
    """The value that a file had at the start. `current` gives the one that it has now."""

    __slots__ = ("_file", "_now", "_parse", "_state")

    def __new__(cls, value: str, file: Path, parse: Callable[[str], str]) -> "FromFile":
        """`parse` turns the file's text into the value, or raises ValueError."""
        self = super().__new__(cls, value)
        self._file, self._parse = file, parse
        self._now, self._state = str(value), state(file)
        return self

    _file: Path
    _parse: Callable[[str], str]
    _now: str
    _state: State | None

    def now(self) -> str:
        """The value of the file. An unusable one, or another address, leaves the previous value in force."""
        found = state(self._file)
        if found != self._state:
            self._state = found  # an unusable file is logged once
            self._renew()
        return self._now

    def _renew(self) -> None:
        from infra.telemetry import logger  # imported here, because it imports the settings, which import this module

        file = str(self._file)
        try:
            self._now = self._read()
        except (OSError, UnicodeError) as error:
            logger().error(UNUSABLE, file=file, why=type(error).__name__)
        except ValueError as error:
            logger().error(UNUSABLE, file=file, why=f"it must be {error}")
        else:
            logger().info("a secret was renewed", file=file)

    def _read(self) -> str:
        """The file's value. Raises ValueError with what is expected: nothing may mix the data of two addresses."""
        text = self._file.read_text(encoding="utf-8").strip()
        if not text:
            raise ValueError("a value; the file is empty")
        value = self._parse(text)
        if "://" in self._now and without_secrets(value) != without_secrets(self._now):
            raise ValueError("the same address with another user or password; another address needs a restart")
        return value


def current(value: str) -> str:
    """The value that a secret's file has now; any other text unchanged. Costs one stat of the file."""
    return value.now() if isinstance(value, FromFile) else value


def state(path: Path) -> State | None:
    """A value that changes when a file is replaced; None if it is missing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
