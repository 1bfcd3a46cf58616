"""The entry point of the command line."""

import os
import sys
from io import TextIOWrapper

import click

from commands.cli import cli
from infra.environment import forget_foreign, open_standard_streams
from infra.errors import AnlytError

__all__ = ["cli", "main"]


def main() -> None:
    """Runs the command line. A failure prints one sentence on stderr; the status is 1, or 2 for wrong usage."""
    forget_foreign(os.environ)
    open_standard_streams()
    if isinstance(sys.stdout, TextIOWrapper):  # or characters that the terminal's encoding lacks would raise
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(1)
    except Exception as error:  # the one place that turns all other errors into a sentence
        if "--debug" in sys.argv:
            raise
        from infra.faults import fault_of  # imported here, because it imports the clients of all engines

        failure = fault_of(error) or _cause(error)
        click.echo(f"anlyt: {_in_words(failure)}", err=True)
        sys.exit(failure.exit_status if isinstance(failure, AnlytError) else 1)


def _in_words(error: BaseException) -> str:
    """The error as one sentence, with the server's reason if NATS refused something."""
    if isinstance(error, AnlytError):
        return str(error)
    from nats.errors import Error as NatsError

    from infra.refusals import reason

    if isinstance(error, NatsError):
        return f"NATS refused: {reason(error)} (--debug shows more)."
    from schema.phone_numbers import without_phone_numbers

    return f"{type(error).__name__}: {without_phone_numbers(str(error))} (--debug shows more)"


def _cause(error: BaseException) -> BaseException:
    """The first error of a group, which usually caused the others; any other error unchanged."""
    return _cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


if __name__ == "__main__":
    main()
