"""Compares a difference with everything that could have caused it. Pure: no I/O."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from msgspec import Struct

from graph.lists.explanation_answer import Cause, Finding
from graph.lists.reconciliation import Comparison
from schema.money import money, parse_money
from schema.statuses import TOLERANCE

SAME_FACTOR: Final = Fraction(1, 100_000)  # up to which two factors count as one: costs are rounded
DAY: Final = timedelta(days=1)


class Outcomes(Struct, frozen=True):
    """What became of the day's billing events; `late`: the stream stored them after the day's end."""

    outcome: str  # counted, copy or refused
    currency: str
    late: bool
    messages: int
    amount: str
    refunds: int
    refunded: str


class Refunds(Struct, frozen=True):
    """Refunds in the first hour of the day, or of the day `after` it."""

    after: bool
    currency: str
    refunds: int
    refunded: str


class Seen(NamedTuple):
    """What is known of a day. `comparisons`: of the day and its neighbours. `ours`: our cost now, by currency.

    `waiting` and `lost`: messages of the ledger; None if not known.
    """

    day: date
    comparisons: Sequence[Comparison]
    outcomes: Sequence[Outcomes]
    midnight: Sequence[Refunds]
    ours: Mapping[str, str]
    waiting: int | None
    lost: int | None


def findings(comparison: Comparison, seen: Seen) -> list[Finding]:
    """Everything that could explain the comparison, whole explanations first; empty if it is OK or INVALID."""
    if comparison.status in ("OK", "INVALID"):
        return []
    found = [finding for look in LOOKS for finding in look(comparison, seen)]
    return sorted(found, key=lambda finding: not finding.explains)


def _finding(comparison: Comparison, cause: Cause, messages: int | None, effect: int, sentence: str) -> Finding:
    """A finding that would add `effect` (millionths) to ours - theirs."""
    rest = abs(parse_money(comparison.difference) - effect)
    allowed = Fraction(TOLERANCE) * abs(parse_money(comparison.theirs or "0"))
    return Finding(cause=cause, sentence=sentence, messages=messages, amount=money(effect), explains=rest <= allowed)


def _price(comparison: Comparison, seen: Seen) -> Iterator[Finding]:
    """The same number of messages on both sides, and other costs."""
    messages = comparison.our_messages
    factor = _factor(comparison)
    if messages is None or messages != comparison.their_messages or factor is None:
        return
    others = [each for each in seen.comparisons if each.day == seen.day and each.status == "DIVERGED"]
    same = [each for each in others if (other := _factor(each)) is not None and abs(other - factor) <= SAME_FACTOR]
    currencies = ", ".join(each.currency for each in same)
    percent = abs(float(100 * (factor - 1)))
    side = "above" if factor > 1 else "below"
    yield Finding(
        cause="PRICE",
        sentence=f"Both sides have {messages:,} messages, so none is missing: billing's cost is {percent:.4g} % {side} "
        f"ours in {currencies}. A price, a rate or a factor differs.",
        messages=messages,
        amount=comparison.difference,
        explains=len(same) == len(others),
    )


def _factor(comparison: Comparison) -> Fraction | None:
    """Billing's cost relative to ours."""
    if comparison.ours is None or comparison.theirs is None or not parse_money(comparison.ours):
        return None
    return Fraction(parse_money(comparison.theirs), parse_money(comparison.ours))


def _counted_since(comparison: Comparison, seen: Seen) -> Iterator[Finding]:
    now, then = parse_money(seen.ours.get(comparison.currency, "0")), parse_money(comparison.ours or "0")
    if now == then:
        return
    theirs = parse_money(comparison.theirs or "0")
    closes = abs(now - theirs) <= Fraction(TOLERANCE) * abs(theirs)
    result = "Now both sides agree" if closes else "A difference stays"
    yield Finding(
        cause="COUNTED_SINCE",
        sentence=f"Events were counted after the comparison. {result}; compare again with "
        f"`anlyt pipeline reconciliation --param day={seen.day}`.",
        messages=None,
        amount=money(then - now),
        explains=closes,
    )


def _messages(cause: Cause, outcome: str, sign: int, sentence: str, *, late: bool | None = None) -> "Look":
    """Messages of the day with this outcome, whose amount would add to the difference with this sign."""

    def look(comparison: Comparison, seen: Seen) -> Iterator[Finding]:
        found = [
            each
            for each in seen.outcomes
            if each.outcome == outcome and each.currency == comparison.currency and late in (None, each.late)
        ]
        if messages := sum(each.messages for each in found):
            effect = sign * sum(parse_money(each.amount) for each in found)
            yield _finding(comparison, cause, messages, effect, sentence.format(messages=messages))

    return look


def _unreadable(comparison: Comparison, seen: Seen) -> Iterator[Finding]:
    if messages := sum(each.messages for each in seen.outcomes if each.outcome == "refused" and not each.currency):
        yield Finding(
            cause="REFUSED",
            sentence=f"{messages:,} dead letters of the day have no readable amount; see `anlyt deadletters list`.",
            messages=messages,
            amount=None,
            explains=False,
        )


def _in_the_stream(comparison: Comparison, seen: Seen) -> Iterator[Finding]:
    if seen.waiting:
        text = f"{seen.waiting:,} messages that the stream stored on the day wait to be counted."
        yield Finding(cause="WAITING", sentence=text, messages=seen.waiting, amount=None, explains=False)
    if seen.lost and seen.lost > 0:
        text = f"{seen.lost:,} messages that the stream stored on the day are gone and were never counted."
        yield Finding(cause="LOST", sentence=text, messages=seen.lost, amount=None, explains=False)


def _refunds(comparison: Comparison, seen: Seen) -> Iterator[Finding]:
    own = [each for each in seen.outcomes if (each.outcome, each.currency) == ("counted", comparison.currency)]
    if refunds := sum(each.refunds for each in own):
        effect = -sum(parse_money(each.refunded) for each in own)
        text = f"The day has {refunds:,} refunds; billing may not have subtracted them."
        yield _finding(comparison, "REFUNDS", refunds, effect, text)
    for each in seen.midnight:
        if each.currency != comparison.currency or not each.refunds:
            continue
        if each.after:
            text = f"{each.refunds:,} refunds are in the first hour after the day; billing may have booked them on it."
            yield _finding(comparison, "REFUNDS_BOOKED_AFTER", each.refunds, parse_money(each.refunded), text)
        else:
            text = f"{each.refunds:,} refunds are in the day's first hour; billing may have booked them the day before."
            yield _finding(comparison, "REFUNDS_FROM_BEFORE", each.refunds, -parse_money(each.refunded), text)


def _currency(comparison: Comparison, seen: Seen) -> Iterator[Finding]:
    for each in seen.comparisons:
        if each.day != seen.day or each.currency == comparison.currency or each.status in ("OK", "INVALID"):
            continue
        ours, other = parse_money(comparison.difference), parse_money(each.difference)
        if (ours > 0) != (other > 0):
            yield Finding(
                cause="CURRENCY",
                sentence=f"{each.currency} differs the other way, by {each.difference}: events may be in "
                "another currency.",
                messages=None,
                amount=None,
                explains=ours == -other,
            )


def _neighbour(comparison: Comparison, seen: Seen) -> Iterator[Finding]:
    for each in seen.comparisons:
        is_near = each.day != seen.day and each.currency == comparison.currency and each.status != "INVALID"
        if is_near and each.status != "OK":
            text = f"{each.day} differs by {each.difference}: events may be booked across midnight."
            yield _finding(comparison, "NEIGHBOUR", None, -parse_money(each.difference), text)


Look = Callable[[Comparison, Seen], Iterator[Finding]]
LOOKS: Final[Sequence[Look]] = (
    _price,
    _counted_since,
    _messages("REFUSED", "refused", -1, "{messages:,} dead letters of the day: billing may have charged them."),
    _unreadable,
    _messages("LATE", "counted", 1, "{messages:,} events were stored after the day's end.", late=True),
    _in_the_stream,
    _refunds,
    _messages("COPIES", "copy", -1, "{messages:,} copies of events are not counted; billing may have charged them."),
    _currency,
    _neighbour,
)
