"""What every command shares: the group they are in, `--debug`, settings that are read once, and an end by signals."""

import os
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import click

from infra.settings import Settings, read_settings

C = TypeVar("C", bound=Callable[..., Any])


# Before a command's name or behind it: `anlyt.main` looks for it among all words.
_debug: Final = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="anlyt")
@_debug
def cli() -> None:
    """Exact analytics for an SMS gateway platform.

    \b
    Example:
      anlyt dev --demo      everything on this machine, with traffic to look at
    """


def command(name: str, *, group: click.Group = cli) -> Callable[[C], click.Command]:
    """A command that also takes --debug."""

    def wrap(function: C) -> click.Command:
        return group.command(name)(_debug(function))

    return wrap


def settings() -> Settings:
    """Of the environment; logs and traces are as they say. UsageError."""
    from infra.telemetry import configure_logs, configure_traces

    found = read_settings(os.environ)
    configure_logs(found.log_format)
    configure_traces(found.otlp_endpoint)
    return found


def until_signal(coroutine: Coroutine[Any, Any, None], on_signal: Callable[[], None] = lambda: None) -> None:
    """Runs it to its end, or until SIGINT or SIGTERM cancels it; `on_signal` is called first then."""
    from commands.support.signals import run

    run(coroutine, on_signal)
