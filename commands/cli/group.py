"""The parts that all commands share: their group, `--debug`, the settings, and the stop by signals."""

import os
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import click

from infra.settings import Settings, read_settings

C = TypeVar("C", bound=Callable[..., Any])


# Allowed before a command's name or after it: `anlyt.main` looks for it in all arguments.
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
    """Declares a command of `group` with the option --debug."""

    def wrap(function: C) -> click.Command:
        return group.command(name)(_debug(function))

    return wrap


def settings() -> Settings:
    """The settings of the environment. Also configures logs and traces by them. Raises UsageError."""
    from infra.telemetry import configure_logs, configure_traces

    values = read_settings(os.environ)
    configure_logs(values.log_format)
    configure_traces(values.otlp_endpoint)
    return values


def until_signal(coroutine: Coroutine[Any, Any, None], on_signal: Callable[[], None] = lambda: None) -> None:
    """Runs a coroutine to its end, or until SIGINT or SIGTERM cancels it. Calls `on_signal` before that."""
    from commands.support.signals import run

    run(coroutine, on_signal)
