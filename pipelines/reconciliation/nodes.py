"""Ours against theirs, in exact decimals. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import ROUND_UP, Decimal, localcontext
from typing import Final, Literal, NamedTuple, TypeAlias

from pipelines.definition import Counts
from pipelines.reconciliation.totals import Totals

Status: TypeAlias = Literal["OK", "DIVERGED", "MISSING_OURS", "MISSING_THEIRS", "INVALID"]

TOLERANCE: Final = Decimal("0.0001")  # 0.01 %, which itself is still good
# Rounded up, so that a ratio above the tolerance is never written as one that is not.
RATIO: Final = Decimal(1).scaleb(-18)
DIGITS: Final = 100  # of the sums and ratios of numeric(38, 6)
NAMED: Final = 5  # in an alarm


class Comparison(NamedTuple):
    """A row of `anlyt.reconciliation_log`."""

    totals: Totals
    difference: Decimal
    divergence: Decimal
    status: Status


def compare(totals: Sequence[Totals]) -> Sequence[Comparison]:
    """Each of the totals, but for those of which neither side charged anything or was found wrong before."""
    return [_compared(each) for each in totals if each.theirs is not None or each.invalid or each.ours or each.is_open]


def _compared(totals: Totals) -> Comparison:
    """What is missing or INVALID counts as 0."""
    with localcontext(prec=DIGITS):
        theirs = totals.theirs or Decimal(0)
        difference = (totals.ours or Decimal(0)) - theirs
        if totals.invalid is not None:
            return Comparison(totals, difference, Decimal(1), "INVALID")
        divergence = _ratio(abs(difference), abs(theirs))
        return Comparison(totals, difference, divergence, _status(totals, divergence))


def _ratio(difference: Decimal, theirs: Decimal) -> Decimal:
    """Of nothing, nothing is 0 and anything is all."""
    if not theirs:
        return Decimal(1) if difference else Decimal(0)
    return (difference / theirs).quantize(RATIO, ROUND_UP)


def _status(totals: Totals, divergence: Decimal) -> Status:
    if divergence <= TOLERANCE:
        return "OK"
    if totals.ours is None:
        return "MISSING_OURS"
    return "MISSING_THEIRS" if totals.theirs is None else "DIVERGED"


def count(comparisons: Sequence[Comparison]) -> Counts:
    """How many there were, and how many of each status."""
    found = Counter(comparison.status for comparison in comparisons)
    return {
        "compared": len(comparisons),
        "diverged": found["DIVERGED"],
        "missing_ours": found["MISSING_OURS"],
        "missing_theirs": found["MISSING_THEIRS"],
        "invalid": found["INVALID"],
    }


def alarm(comparisons: Sequence[Comparison]) -> str:
    """One sentence that names what differs; empty if nothing does."""
    wrong = sorted((each for each in comparisons if each.status != "OK"), key=_day_and_currency, reverse=True)
    if not wrong:
        return ""
    more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return f"We and billing differ: {', '.join(_sentences(wrong[:NAMED]))}{more}; see anlyt.reconciliation_log."


def _day_and_currency(comparison: Comparison) -> tuple[object, ...]:
    return comparison.totals[:2]


def _sentences(wrong: Sequence[Comparison]) -> Iterator[str]:
    for each in wrong:
        invalid = each.totals.invalid
        how = f"by {100 * float(each.divergence):.4g} %" if invalid is None else f"({invalid})"
        yield f"{each.totals.day} {each.totals.currency} {each.status} {how}"
