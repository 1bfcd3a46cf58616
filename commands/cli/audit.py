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
@click.option("--offline", "pages", metavar="FILE", help="Only verify these answers, one per line, without any engine.")
@click.option("--checkpoint", metavar="FILE", help="With --offline: a checkpoint that was kept.")
@click.option("--key", metavar="NAME+ID+KEY", help="With --offline: the log's key, as `anlyt audit key` prints it.")
def audit_verify(
    first: str | None,
    last: str | None,
    anchor: str | None,
    as_json: bool,
    pages: str | None,
    checkpoint: str | None,
    key: str | None,
) -> None:
    """Recompute the hash chain and the transparency log from what they speak of, and compare.

    Checks all links, all entries of the log, and the facts of each day. Prints one line per difference. Status 1 if
    there are any.

    \b
    Example:
      anlyt audit verify --from 2026-10-01 --to 2026-10-31
      anlyt audit verify --offline pages.jsonl --checkpoint checkpoint.txt
    """
    from commands import audit_verify as verify
    from commands.cli.arguments import read_day

    if pages is not None:
        if first or last or anchor or as_json:
            raise click.UsageError("--offline goes with --checkpoint and --key only.")
        verify.run_offline(pages, checkpoint, key)
        return
    if checkpoint or key:
        raise click.UsageError("--checkpoint and --key go with --offline.")
    days = read_day("--from", first), read_day("--to", last)
    asyncio.run(verify.run(settings(), days, verify.read_anchor(anchor), as_json=as_json))


@command("key", group=audit)
def audit_key() -> None:
    """Print the keys that verify the transparency log's checkpoints, one per line.

    \b
    Example:
      anlyt audit key
    """
    from commands import audit_verify as verify

    asyncio.run(verify.print_keys(settings()))
