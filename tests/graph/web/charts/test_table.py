"""Tables of charts: they have what the picture has, and the rest."""

from datetime import UTC, datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

from hypothesis import given, settings

from graph.web.charts import (
    COUNT,
    Bubble,
    Quality,
    Ranked,
    RankingChart,
    ScatterChart,
    TimeChart,
    line_chart,
    ranking_table,
    reading,
    scatter_table,
    time_table,
    value_cell,
)
from graph.web.charts.sentences import drawn_series
from tests.graph.support.pictures import HOSTILE, counts, drawn, parsed, time_chart, time_charts


def cells(table: ET.Element) -> dict[tuple[str, int], str]:
    """The exact values by the time of their row and the number of their column."""
    return {
        (row.attrib["data-time"], column): data.attrib["value"]
        for row in table.iter("tr")
        if "data-time" in row.attrib
        for column, cell in enumerate(row.iter("td"))
        if (data := cell.find("data")) is not None
    }


@settings(max_examples=25)
@given(chart=time_charts())
def test_the_table_has_every_value_that_is_drawn(chart: TimeChart) -> None:
    in_table = cells(parsed(time_table(chart)))
    columns = {id(each): column for column, each in enumerate(chart.series)}
    groups = [each for each in parsed(line_chart(chart)).iter("g") if "data-series" in each.attrib]
    shown = [each for each in drawn_series(chart) if not each.before]
    for series, group in zip(shown, groups, strict=False):
        for point in drawn(group):
            assert in_table[point.attrib["data-time"], columns[id(series)]] == point.attrib["data-value"]
    values = [each.value for series in chart.series for each in series.readings if each.value is not None]
    assert len(in_table) == len(values)


def test_the_table_lists_the_series_that_are_not_drawn() -> None:
    table = parsed(time_table(time_chart(*(counts(f"s{number}", number) for number in range(20)))))
    assert [each.text for each in table.iter("th")] == [
        "Time (UTC)",
        *(f"s{number}" for number in range(20)),
        None,
    ]
    assert [each.text for each in table.iter("time")] == ["Mon 23 Nov 2026"]


def test_a_cell_says_what_limits_its_value() -> None:
    cell = value_cell(Decimal("1234"), COUNT, frozenset({Quality.PROVISIONAL}))
    assert str(cell) == (
        '<td class="number"><data value="1234">1,234</data> <span class="quality">provisional</span></td>'
    )
    assert str(value_cell(None, COUNT)) == '<td class="number">no data</td>'


def test_tables_of_rankings_and_scatter_plots() -> None:
    ranking = RankingChart("top", "Top", "Operator", COUNT, [Ranked(HOSTILE, reading(5)), Ranked("b", reading(None))])
    assert [each.attrib["value"] for each in parsed(ranking_table(ranking)).iter("data")] == ["5"]
    bubbles = [Bubble("a", "USD", Decimal("0.012000"), Decimal("0.97"), 9), Bubble("b", "AFN", None, None, 0)]
    scatter = ScatterChart("cost", "Cost", "Network", "Cost", "Rate", "Records", bubbles)
    table = parsed(scatter_table(scatter))
    assert [each.attrib["value"] for each in table.iter("data")] == ["9", "0.012000", "0.97", "0"]
    assert [each.text for each in table.iter("th")] == ["Network", "Currency", "Records", "Cost", "Rate", "a", "b"]


def test_times_of_rows_are_machine_readable() -> None:
    row = next(parsed(time_table(time_chart(counts("a", 1)))).iter("time"))
    assert datetime.fromisoformat(row.attrib["datetime"]) == datetime(2026, 11, 23, tzinfo=UTC)
