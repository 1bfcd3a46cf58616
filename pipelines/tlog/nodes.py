"""The nodes of a run. Pure: no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.definition import Counts
from pipelines.tlog.arrivals import DuePeriod
from pipelines.tlog.checkpoints import Signed

if TYPE_CHECKING:  # it imports an HTTP client, which takes longer than most runs of other pipelines
    from pipelines.tlog.publishing import Published


def each(periods: Sequence[DuePeriod]) -> Iterator[DuePeriod]:
    """The periods, one after the other: saving one logs it."""
    yield from periods


def summarise(periods: Counts, rows: Mapping[str, int], signed: Signed, published: "Published") -> tuple[Counts, str]:
    """The counts of a run, and an alarm if the log was changed.

    Its inputs are loaded in their order: the checkpoint is signed after everything is appended, and then published.
    """
    counts = {**periods, "rows": sum(rows.values()), "size": signed.size, "witnesses": published.signed}
    if signed.refusal:
        return counts, f"No checkpoint was signed: {signed.refusal}; see `anlyt audit verify`."
    if not published.is_met:
        return counts, (
            f"The checkpoint of size {signed.size} is not published: {published.signed} witnesses have signed it, and "
            f"{published.needed} are needed; the log says why."
        )
    return counts, ""
