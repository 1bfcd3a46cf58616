"""What figures mean: the descriptions of answers and of the catalogue, which pages show beside their numbers."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from msgspec import Struct

from graph.dsl.catalog import CATALOG
from graph.gql.types import described_fields, description_of
from graph.insights.mno_quality import FEWEST
from graph.reports.answers import Summary
from graph.reports.fields import QUALITIES

MARKS: Final[Mapping[str, str]] = {
    "PARTIAL": "partial",
    "INTERPOLATED": "interpolated",
    "ESTIMATED": "estimated",
    "PROVISIONAL": "provisional",
    "LOW_SAMPLE": "low sample",
    "SUPPRESSED": "suppressed",
}


@cache
def meanings(answer: type[Struct]) -> Mapping[str, str]:
    """The descriptions of an answer's fields, by their names in JSON. Raises KeyError for a field without one."""
    fields = described_fields(answer)
    return {field.encode_name: text for field in fields if (text := description_of(field.type)) is not None}


def meanings_of(answer: Struct) -> Mapping[str, str]:
    """The descriptions of an answer's fields, as in `meanings`."""
    return meanings(type(answer))


@cache
def catalog_meanings(dataset: str) -> Mapping[str, str]:
    """The meanings of a dataset's measures and dimensions, by name."""
    (found,) = (each for each in CATALOG.datasets if each.name == dataset)
    return {
        **{measure.name: measure.meaning for measure in found.measures},
        **{dimension.name: dimension.meaning for dimension in found.dimensions},
    }


@cache
def meaning_of_mark(mark: str) -> str:
    """What a mark of quality says about a number."""
    of_answers = meanings(Summary)
    texts: dict[str, str] = {
        "PROVISIONAL": of_answers["provisional"],
        "LOW_SAMPLE": of_answers["lowSample"],
        "SUPPRESSED": f"Left out: fewer than {FEWEST} terminal delivery reports are too few to compare routes by.",
    }
    texts.update(QUALITIES.items())
    return texts[mark]
