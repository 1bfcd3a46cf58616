"""Compares our totals with billing's, in exact decimals. Pure: no I/O."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import ROUND_UP, Decimal, localcontext
from typing import Final, NamedTuple

from pipelines.definition import Counts
from pipelines.reconciliation.totals import TotalsToCompare
from schema.statuses import TOLERANCE, ComparisonStatus

# The precision of ratios. They are rounded up, so that one above the tolerance is never written as equal to it.
RATIO: Final = Decimal(1).scaleb(-18)
DIGITS: Final = 100  # enough for sums and ratios of numeric(38, 6)
NAMED: Final = 5  # days and currencies in an alarm


class Comparison(NamedTuple):
    """A row of `anlyt.reconciliation_log`."""

    totals: TotalsToCompare
    difference: Decimal
    divergence: Decimal
    status: ComparisonStatus


def compare(totals: Sequence[TotalsToCompare]) -> Sequence[Comparison]:
    """The comparisons of all totals. Skips those without a charge on either side, unless they have an open finding."""
    return [_compared(each) for each in totals if each.theirs is not None or each.invalid or each.ours or each.is_open]


def _compared(totals: TotalsToCompare) -> Comparison:
    """Compares the totals of a day and currency. A missing or invalid side counts as 0."""
    with localcontext(prec=DIGITS):
        theirs = totals.theirs or Decimal(0)
        difference = (totals.ours or Decimal(0)) - theirs
        if totals.invalid is not None:
            return Comparison(totals, difference, Decimal(1), "INVALID")
        divergence = _ratio(abs(difference), abs(theirs))
        return Comparison(totals, difference, divergence, _status(totals, divergence))


def _ratio(difference: Decimal, theirs: Decimal) -> Decimal:
    """The ratio of the difference to theirs, rounded up. If theirs is 0, it is 0 for no difference, else 1."""
    if not theirs:
        return Decimal(1) if difference else Decimal(0)
    return (difference / theirs).quantize(RATIO, ROUND_UP)


def _status(totals: TotalsToCompare, divergence: Decimal) -> ComparisonStatus:
    if divergence <= TOLERANCE:
        return "OK"
    if totals.ours is None:
        return "MISSING_OURS"
    return "MISSING_THEIRS" if totals.theirs is None else "DIVERGED"


def count(comparisons: Sequence[Comparison]) -> Counts:
    """The number of comparisons, and of each status."""
    statuses = Counter(comparison.status for comparison in comparisons)
    return {
        "compared": len(comparisons),
        "diverged": statuses["DIVERGED"],
        "missing_ours": statuses["MISSING_OURS"],
        "missing_theirs": statuses["MISSING_THEIRS"],
        "invalid": statuses["INVALID"],
    }


def alarm(comparisons: Sequence[Comparison]) -> str:
    """One sentence that names the newest differences that nobody accepted; empty if there is none."""
    findings = (each for each in comparisons if each.status != "OK" and each.difference not in each.totals.accepted)
    differing = sorted(findings, key=_day_and_currency, reverse=True)
    if not differing:
        return ""
    more = f" and {len(differing) - NAMED} more" if len(differing) > NAMED else ""
    named = ", ".join(_in_words(differing[:NAMED]))
    return f"Our cost differs from billing's: {named}{more}; see anlyt.reconciliation_log."


def _day_and_currency(comparison: Comparison) -> tuple[object, ...]:
    return comparison.totals[:2]


def _in_words(differing: Sequence[Comparison]) -> Iterator[str]:
    for each in differing:
        invalid = each.totals.invalid
        how = f"by {100 * float(each.divergence):.4g} %" if invalid is None else f"({invalid})"
        yield f"{each.totals.day} {each.totals.currency} {each.status} {how}"
