"""Templates escape what they are given, name nothing that is missing, and are all well-formed."""

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from graph.reports.fields import QUALITIES
from graph.web.files import FOLDER as STATIC
from graph.web.meanings import MARKS, meaning_of_mark
from graph.web.pages import PAGES
from graph.web.rendering import FOLDER, environment, render


@pytest.mark.parametrize("name", sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html")))
def test_templates_compile(name: str) -> None:
    environment().get_template(name)


def test_every_page_has_its_template() -> None:
    names = {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "pages").glob("*.html")}
    assert names == {page.template for page in PAGES}
    assert len({page.path for page in PAGES}) == len({page.name for page in PAGES}) == len(PAGES)


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("error.html")
    with pytest.raises(TemplateNotFound):
        render("missing.html")


def test_values_are_escaped() -> None:
    template = environment().from_string('<b title="{{ text }}">{{ text }}</b>{{ text | prose }}')
    assert "<i>" not in template.render(text='"><i>`<i>`')


def test_every_quality_has_a_mark_and_a_meaning() -> None:
    assert {*QUALITIES} - {"ACTUAL"} <= MARKS.keys()
    for mark in MARKS:
        assert meaning_of_mark(mark)
        assert f".mark-{mark.lower()}" in (STATIC / "pages.css").read_text() or mark == "ESTIMATED"


def test_the_style_sheet_is_logical_and_has_both_schemes() -> None:
    """No physical side, so that right-to-left works; light and dark; print; less motion."""
    style = (STATIC / "pages.css").read_text()
    for side in ("margin-left", "margin-right", "padding-left", "padding-right", "text-align: left", "float:"):
        assert side not in style
    for query in ("prefers-color-scheme: dark", "prefers-reduced-motion: reduce", "print"):
        assert f"@media {query}" in style or f"@media ({query})" in style
