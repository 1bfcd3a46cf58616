"""What a setting is, and parsers of texts: each returns a value, or raises ValueError with what is expected."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from infra.urls import is_url

_ORIGIN: Final = re.compile(r"https?://([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[1-9][0-9]{0,4})?")
_OWN_PORT: Final = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Spec:
    """One setting. `parse` turns text into its value, or raises ValueError with what is expected.

    `default`: the text when unset. `is_path`: the value names a file that is read again when it changes, so NAME_FILE
    sets the same path. `is_renewed`: a text whose file is read again when it changes (infra/secret_files.py).
    """

    parse: Callable[[str], Any]
    default: str | None
    meaning: str
    is_path: bool = False
    is_renewed: bool = False


def one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return parse


def several_of(*allowed: str) -> Callable[[str], tuple[str, ...]]:
    """Parses a comma-separated list of these values."""
    parse = one_of(*allowed)
    return lambda text: tuple(parse(part.strip()) for part in text.split(","))


def matching(pattern: str, expected: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(expected)
        return text

    return parse


def port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise ValueError("a port from 0 (any free one) to 65535")
    return int(text)


def count(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return parse


def url(*schemes: str, several: bool = False) -> Callable[[str], str]:
    """Parses one URL, which may name several hosts; with `several`, a comma-separated list of URLs."""

    def parse(text: str) -> str:
        if not all(is_url(part, schemes) for part in (text.split(",") if several else [text])):
            beginning = " or ".join(f"{scheme}://" for scheme in schemes)
            raise ValueError(f"a URL that begins with {beginning}; in a password, / ? # and @ are percent-encoded")
        return text

    return parse


def clickhouse_url(text: str) -> str:
    """A ClickHouse URL. It may name no other database than `anlyt`, where all tables are, and no parameters."""
    parts = urlsplit(url("http", "https")(text))
    if parts.path.strip("/") not in {"", "anlyt"} or parts.query:
        raise ValueError("a URL that names the database anlyt, or none, and no parameters; all tables are in anlyt")
    return text


def file_or_url(text: str) -> str:
    return url("http", "https")(text) if "://" in text else text


def origins(text: str) -> tuple[str, ...]:
    """Origins as browsers send them: in lower case, without a path and without the scheme's own port."""
    if text == "none":
        return ()
    found = tuple(part.strip() for part in text.split(","))
    wrong = [each for each in found if not _ORIGIN.fullmatch(each) or each.endswith(_OWN_PORT[urlsplit(each).scheme])]
    if wrong:
        raise ValueError(
            "none, or origins as browsers send them, such as https://portal.example or http://localhost:5173, "
            f"not {wrong[0]}"
        )
    return found


def days(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError("a number of days up to 9999; 0 means without limit")
    return int(text)


def flag(text: str) -> bool:
    return one_of("0", "1")(text) == "1"
