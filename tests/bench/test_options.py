"""Options of long benchmarks: what is not given keeps the value of the full or the short run."""

from dataclasses import dataclass
from typing import Final

import pytest

from bench.options import option, parse


@dataclass(frozen=True, slots=True)
class Scale:
    """One field of each kind."""

    sizes: tuple[int, ...] = option("Sizes")
    seconds: float = option("Seconds")
    least_events: int = option("Events")
    picture: str = option("A file")


FULL: Final = Scale((10, 1_000), 60.0, 300_000, "")
SHORT: Final = Scale((10,), 0.5, 300, "")


def parsed(*arguments: str, smoke: bool = False) -> Scale:
    return parse("sizes", "About it.", "python -m bench sizes --seconds 5", arguments, FULL, SHORT, smoke=smoke)


def test_without_arguments_a_run_is_full_or_short() -> None:
    assert (parsed(), parsed(smoke=True)) == (FULL, SHORT)


def test_arguments_change_either() -> None:
    given = ("--sizes", "1e7,100000000", "--least-events", "1e3", "--picture", "a.svg")
    assert parsed(*given) == Scale((10_000_000, 100_000_000), 60.0, 1_000, "a.svg")
    assert parsed(*given, smoke=True) == Scale((10_000_000, 100_000_000), 0.5, 1_000, "a.svg")


def test_help_has_the_meaning_both_values_and_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parsed("--help")
    shown = " ".join(capsys.readouterr().out.split())
    assert "About it." in shown
    assert "--sizes VALUE Sizes (10,1000; in a smoke run 10)" in shown
    assert "Example: python -m bench sizes --seconds 5" in shown


@pytest.mark.parametrize("arguments", [("--sizes", "many"), ("--length", "1")])
def test_wrong_arguments_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(*arguments)
