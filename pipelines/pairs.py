"""Parameters of a run, as they are typed: NAME=VALUE."""

import click


def read_pair(word: str, sign: str = "=") -> tuple[str, str]:
    """Parses "a=1" into ("a", "1"). The value may contain the sign.

    Raises click.BadParameter for a word without a name or a sign.
    """
    name, found, value = word.partition(sign)
    if not (name and found):
        raise click.BadParameter(f"{word!r} is not of the form name=value.")
    return name, value
