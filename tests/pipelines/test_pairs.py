"""Parameters that are typed as NAME=VALUE."""

import click
import pytest

from pipelines.pairs import read_pair


@pytest.mark.parametrize(
    ("word", "sign", "pair"),
    [
        ("a=1", "=", ("a", "1")),
        ("a=", "=", ("a", "")),
        ("a=b=c", "=", ("a", "b=c")),
        ("a:1", ":", ("a", "1")),
        ("a=1,b=2", "=", ("a", "1,b=2")),
    ],
)
def test_a_pair(word: str, sign: str, pair: tuple[str, str]) -> None:
    assert read_pair(word, sign) == pair


@pytest.mark.parametrize("word", ["a", "=1", "=", "", "a:1"])
def test_no_pair(word: str) -> None:
    with pytest.raises(click.BadParameter, match="is not of the form name=value"):
        read_pair(word)
