"""The busiest operators."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from graph.identity import Scope, operator, platform
from graph.reports.answers import TopOperators
from graph.reports.breakdown import ranked
from graph.reports.figures import Wants, figure_spans
from graph.reports.metrics import Counts
from graph.reports.operator import performance
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.reading import Question, Reading
from graph.reports.sources import OPERATORS, Want, wanted
from graph.reports.windows import Granularity, Window, series_length

MOST_OPERATORS: Final = 100
FEW_OPERATORS: Final = 5


async def top_operators(
    reader: Reader, scope: Scope, window: Window, granularity: Granularity, limit: int
) -> TopOperators:
    """The `limit` operators with most messages in a window; ForbiddenError, DependencyUnavailableError.

    Ranks and figures come from one snapshot: should the ranking have changed since the one that told whose
    figures to read, both are read again.
    """
    known = completeness(reader.complete_until)
    ranking = Want(OPERATORS, platform(scope), window.slices)
    key = ("ranking", window, limit)
    (top,) = await reader.answer(Question(key, (ranking,), lambda reading: _top(reading, ranking, limit), limit))
    spans = figure_spans(window, granularity)
    while True:
        wants = [wanted(spans, operator(scope, operator_id)) for operator_id in top]
        (answer,) = await reader.answer(_question(reader.currency, ranking, wants, window, granularity, limit))
        if isinstance(answer, TopOperators):
            return judged(answer, known, granularity)
        top = answer


def _top(reading: Reading, ranking: Want[Mapping[str, Counts]], limit: int) -> list[str]:
    return [operator_id for operator_id, _ in ranked(reading, ranking)[:limit]]


def _question(
    currency: str,
    ranking: Want[Mapping[str, Counts]],
    wants: Sequence[Wants],
    window: Window,
    granularity: Granularity,
    limit: int,
) -> Question[TopOperators | list[str]]:
    """The answer if the wants are still those of the top, and else the new top."""
    expected = [each[0].subject.id for each in wants]

    def build(reading: Reading) -> TopOperators | list[str]:
        top = _top(reading, ranking, limit)
        if top != expected:
            return top
        operators = [performance(currency, reading, window, each, granularity)[0] for each in wants]
        return TopOperators(operators=operators, window=window, data_as_of=reading.data_as_of)

    key = ("top", window, granularity, limit, tuple(expected))
    return Question(key, (ranking, *chain(*wants)), build, len(wants) * series_length(window, granularity))
