"""What can be typed: every command with its options and help text, in groups that read like `anlyt --help`.

`group` has what all commands share. A command imports what it does when it runs, so that `--help` is quick.
"""

from commands.cli import audit, deadletters, services, stores
from commands.cli.group import cli

__all__ = ["audit", "cli", "deadletters", "services", "stores"]
