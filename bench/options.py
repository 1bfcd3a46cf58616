"""Options of benchmarks: the fields of a scale, each with its value at full length and in a short run."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")


def option(meaning: str) -> Any:
    """A field of a scale: a number, several, or a text. `meaning` is its help."""
    return field(metadata={"meaning": meaning})


def parse(name: str, about: str, example: str, arguments: Sequence[str], full: S, short: S, *, smoke: bool) -> S:
    """The scale of a run: `full` or `short`, with what the arguments change. Ends the process for wrong ones."""
    parser = argparse.ArgumentParser(
        prog=f"python -m bench [smoke] {name}",
        description=about,
        epilog=f"Example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for each in fields(full):
        long, little = getattr(full, each.name), getattr(short, each.name)
        parser.add_argument(
            f"--{each.name.replace('_', '-')}",
            type=_reader(long),
            metavar="VALUE",
            help=f"{each.metadata['meaning']} ({_text(long)}; in a smoke run {_text(little)})",
        )
    given = vars(parser.parse_args(arguments))
    return replace(short if smoke else full, **{key: value for key, value in given.items() if value is not None})


def _reader(value: Any) -> Callable[[str], Any]:
    """Reads a value of the same type; several are separated by commas, and 1e8 is a whole number, too."""
    if isinstance(value, tuple):
        one = _reader(value[0])
        return lambda text: tuple(one(each) for each in text.split(",") if each)
    return (lambda text: int(float(text))) if isinstance(value, int) else type(value)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_text, value)) or "none"
    return str(value) or "none"
