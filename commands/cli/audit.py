"""`anlyt audit`: evidence for the regulator."""

import asyncio

import click

from commands.cli.group import cli, command, settings


@cli.group("audit")
def audit() -> None:
    """Evidence that compliance facts have not been changed.

    \b
    Example:
      anlyt audit verify
    """


@command("verify", group=audit)
@click.option("--from", "first", metavar="DAY", help="First UTC day, such as 2026-10-01. Default: the oldest.")
@click.option("--to", "last", metavar="DAY", help="Last UTC day. Default: the last closed one.")
@click.option("--anchor", metavar="LINK:HASH", help="A link noted earlier, which the chain must still contain.")
@click.option("--json", "as_json", is_flag=True, help="Print differences as JSON, one object per line.")
def audit_verify(first: str | None, last: str | None, anchor: str | None, as_json: bool) -> None:
    """Recompute the hash chain from the facts, and compare.

    Checks all links, and the facts of each day. Prints one line per difference. Status 1 if there are any.

    \b
    Example:
      anlyt audit verify --from 2026-10-01 --to 2026-10-31
    """
    from commands import audit_verify as verify
    from commands.cli.arguments import read_day

    days = read_day("--from", first), read_day("--to", last)
    asyncio.run(verify.run(settings(), days, verify.read_anchor(anchor), as_json=as_json))
