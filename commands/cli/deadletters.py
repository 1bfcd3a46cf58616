"""`anlyt deadletters`: events that could not be counted."""

import asyncio

import click

from commands.cli.group import cli, command, settings

ID = click.IntRange(min=1, max=2**63 - 1)


@cli.group("deadletters")
def deadletters() -> None:
    """Events that could not be counted.

    \b
    Example:
      anlyt deadletters list
    """


@command("list", group=deadletters)
def deadletters_list() -> None:
    """List all dead letters, oldest first.

    \b
    Example:
      anlyt deadletters list
    """
    from commands import deadletters as dead_letters

    asyncio.run(dead_letters.show_all(settings()))


@command("show", group=deadletters)
@click.argument("id", type=ID)
def deadletters_show(id: int) -> None:  # noqa: A002  # the argument's name in the help text
    """Show one dead letter as JSON.

    Masks values that the event contract does not allow, and possible phone numbers.

    \b
    Example:
      anlyt deadletters show 7
    """
    from commands import deadletters as dead_letters

    asyncio.run(dead_letters.show(settings(), id))


_ids = click.argument("ids", metavar="ID...", type=ID, nargs=-1)
_all = click.option("--all", "all_", is_flag=True, help="All dead letters.")


@command("replay", group=deadletters)
@_ids
@_all
def deadletters_replay(ids: tuple[int, ...], all_: bool) -> None:
    """Send the original events again, to all functions that read their stream.

    Sends an event once, and drops all of its dead letters: a DLR may have one for each of two functions. No event is
    counted twice; an event that is still bad gets new dead letters. If an event is no longer in its stream, its dead
    letter stays, and the status is 1.

    \b
    Example:
      anlyt deadletters replay 7 8
    """
    from commands import deadletters as dead_letters
    from commands.cli.arguments import check_ids

    check_ids(ids, all_=all_)
    asyncio.run(dead_letters.replay_all(settings(), ids))


@command("drop", group=deadletters)
@_ids
@_all
def deadletters_drop(ids: tuple[int, ...], all_: bool) -> None:
    """Delete dead letters for good.

    \b
    Example:
      anlyt deadletters drop --all
    """
    from commands import deadletters as dead_letters
    from commands.cli.arguments import check_ids

    check_ids(ids, all_=all_)
    asyncio.run(dead_letters.drop(settings(), ids))
