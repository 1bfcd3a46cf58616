"""Fills templates with Jinja. Every value is escaped unless it is Markup; a name that is missing is an error."""

from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from graph.rest.exports.routes import PATH as EXPORTS_PATH
from graph.web import files
from graph.web.charts import bar_figure, chart_defs, line_figure, ranking_figure, scatter_figure, sparkline
from graph.web.explore.code import codes
from graph.web.explore.offer import COMPARISONS, columns, named, offer_of
from graph.web.explore.question import CONDITIONS, OPERATORS, read_question, window_of
from graph.web.form import WHOLE, href
from graph.web.format import FILTERS
from graph.web.meanings import MARKS, catalog_meanings, meaning_of_mark, meanings_of
from graph.web.window import PRESETS, local_input, zones_to_offer

FOLDER: Final = Path(__file__).parent / "templates"
# What the form of `/explore` needs, also where a wrong parameter leaves the page without content.
EXPLORE: Final = (codes, columns, named, offer_of, read_question, window_of)
CHARTS: Final = (bar_figure, chart_defs, line_figure, ranking_figure, scatter_figure, sparkline)


@cache
def environment() -> Environment:
    """Jinja's environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(FILTERS)
    made.globals.update(
        file=files.url,
        has_file=files.files().__contains__,
        href=href,
        meanings_of=meanings_of,
        catalog_meanings=catalog_meanings,
        meaning_of_mark=meaning_of_mark,
        MARKS=MARKS,
        PRESETS=PRESETS,
        WHOLE=WHOLE,
        CONDITIONS=CONDITIONS,
        OPERATORS=OPERATORS,
        COMPARISONS=COMPARISONS,
        EXPORTS_PATH=EXPORTS_PATH,
        **{each.__name__: each for each in (*CHARTS, *EXPLORE)},
        UTC=UTC,
        local_input=local_input,
        zones_to_offer=zones_to_offer,
    )
    return made


def render(template: str, **context: Any) -> str:
    """The HTML of a template. Raises UndefinedError for a name that `context` lacks."""
    return environment().get_template(template).render(**context)
