"""What a run says of itself. Pure."""

from collections.abc import Sequence
from typing import Final

from pipelines.definition import Counts
from pipelines.integrity.closing import ClosedDay
from pipelines.integrity.differences import Difference

NAMED: Final = 3  # in an alarm


def judge(closed: Sequence[ClosedDay], again: Sequence[Difference]) -> tuple[Counts, str]:
    """What was done, and an alarm if anything is not what it should be."""
    links = [each.link for each in closed if each.link is not None]
    found = list(dict.fromkeys([*(difference for each in closed for difference in each.differences), *again]))
    counts = {
        "days_closed": sum(link.amends is None for link in links),
        "days_amended": sum(link.amends is not None for link in links),
        "facts": sum(link.facts for link in links),
        "differences": len(found),
    }
    return counts, _alarm(found)


def _alarm(found: Sequence[Difference]) -> str:
    if not found:
        return ""
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    named = " | ".join(map(str, found[:NAMED]))
    return f"Compliance facts are not what the chain says: {named}{more}; see `anlyt audit verify`."
