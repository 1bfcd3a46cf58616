"""The entry point: the command line of the product."""

import os
import sys
from io import TextIOWrapper

import click

from commands.cli import cli
from infra.environment import forget_foreign, open_standard_streams
from infra.errors import AnlytError

__all__ = ["cli", "main"]


def main() -> None:
    """Runs the command line; every failure is one sentence on stderr and a status of 1, or 2 for wrong usage."""
    forget_foreign(os.environ)
    open_standard_streams()
    if isinstance(sys.stdout, TextIOWrapper):  # else a name that the terminal's encoding lacks would end the command
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(1)
    except Exception as error:  # the one place where an unforeseen error becomes a sentence
        if "--debug" in sys.argv:
            raise
        from infra.faults import fault_of  # here, because it imports the clients of all engines

        found = fault_of(error) or _cause(error)
        click.echo(f"anlyt: {_told(found)}", err=True)
        sys.exit(found.exit_status if isinstance(found, AnlytError) else 1)


def _told(error: BaseException) -> str:
    """One sentence; with the server's own reason if NATS refused something."""
    if isinstance(error, AnlytError):
        return str(error)
    from nats.errors import Error as NatsError

    from infra.refusals import reason

    if isinstance(error, NatsError):
        return f"NATS refused: {reason(error)} (--debug tells more)."
    from schema.masking import without_phone_numbers

    return f"{type(error).__name__}: {without_phone_numbers(str(error))} (--debug tells more)"


def _cause(error: BaseException) -> BaseException:
    """The first error of a group: what failed first made the rest fail."""
    return _cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


if __name__ == "__main__":
    main()
