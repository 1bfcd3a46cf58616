"""What the laws say about figures follows their declaration."""

from pipelines.crosscheck.laws import IN_FACTS
from schema.figures import of


def test_each_figure_of_reports_is_known_in_facts() -> None:
    assert IN_FACTS.keys() == of("delivered").keys()
