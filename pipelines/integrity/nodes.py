"""Summarises a run. Pure: no I/O."""

from collections.abc import Sequence
from typing import Final

from pipelines.definition import Counts
from pipelines.integrity.closing import ClosedDay
from pipelines.integrity.differences import Difference

NAMED: Final = 3  # differences in an alarm


def summarise(closed: Sequence[ClosedDay], again: Sequence[Difference]) -> tuple[Counts, str]:
    """The counts of a run, and an alarm if there are differences."""
    links = [each.link for each in closed if each.link is not None]
    differences = list(dict.fromkeys([*(difference for each in closed for difference in each.differences), *again]))
    counts = {
        "days_closed": sum(link.amends is None for link in links),
        "days_amended": sum(link.amends is not None for link in links),
        "facts": sum(link.facts for link in links),
        "differences": len(differences),
    }
    return counts, _alarm(differences)


def _alarm(differences: Sequence[Difference]) -> str:
    if not differences:
        return ""
    more = f" and {len(differences) - NAMED} more" if len(differences) > NAMED else ""
    named = " | ".join(map(str, differences[:NAMED]))
    return f"Compliance facts differ from the chain: {named}{more}; see `anlyt audit verify`."
