"""The command line: all commands with their options and help texts.

Read `group` first, which has the parts that all commands share; then `services`, `stores`, `events`, `deadletters`,
`reconciliation`, `audit`.
`arguments` parses values. A command imports its implementation when it runs, so that `--help` is fast.
"""

from commands.cli import audit, deadletters, events, reconciliation, services, stores
from commands.cli.group import cli

__all__ = ["audit", "cli", "deadletters", "events", "reconciliation", "services", "stores"]
