"""`/docs` says all that `openapi.json` says, to everybody and without scripts."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest

from graph.web.reference.words import facts_of, type_of
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.pages import open_site

DOCUMENT: Final = json.loads(Path("schema/openapi.json").read_text())
OPERATIONS: Final = {
    f"{method.upper()}{path}": each for path, methods in DOCUMENT["paths"].items() for method, each in methods.items()
}


def visible(text: str) -> str:
    """A text of the document as the page shows it, without white space: names in backticks are marked as code."""
    return "".join(text.replace("`", "").split())


class Reading(HTMLParser):
    """The text of all articles by their headings' ids, and of all entries of lists in them, without white space."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.article = ""
        self.texts: dict[str, str] = {"": ""}
        self.entries: dict[str, list[str]] = {"": [""]}
        self.targets: set[str] = set()
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        assert found.get("id") not in self.targets
        self.targets |= {found["id"]} if "id" in found else set()
        self.links |= {found["href"][1:]} if found.get("href", "").startswith("#") else set()
        if tag == "article":
            self.article = found.get("aria-labelledby", "")
            self.texts.setdefault(self.article, "")
            self.entries.setdefault(self.article, [""])
        if tag == "div":
            self.entries[self.article].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.article = ""

    def handle_data(self, data: str) -> None:
        self.texts[self.article] += "".join(data.split())
        self.entries[self.article][-1] += "".join(data.split())

    def has_entry(self, article: str, name: str, text: str) -> bool:
        """Whether an entry of the article begins with the name, maybe after that of its object, and has the text."""
        begin = re.compile(rf"([\w.\[\]]+\.)?{re.escape(name)}")
        return any(begin.match(entry) and visible(text) in entry for entry in self.entries[article])


def members(schema: Any) -> Iterator[tuple[str, str]]:
    """(name, description) of every member of every object inside a schema."""
    if isinstance(schema, list):
        for each in schema:
            yield from members(each)
    if isinstance(schema, dict):
        for name, each in schema.get("properties", {}).items():
            yield name, each.get("description", "")
        for each in schema.values():
            yield from members(each)


@pytest.fixture(scope="module")
async def reading(pool: Pool) -> Reading:
    async with open_site(pool) as site:
        return Reading((await site.get("/docs")).text)


@pytest.mark.anyio
async def test_every_operation_is_on_it(reading: Reading) -> None:
    for heading, operation in OPERATIONS.items():
        article = operation["operationId"]
        shown = reading.texts[article]
        assert shown.startswith(heading)
        assert visible(operation["summary"]) in shown
        assert visible(operation["description"]) in shown
        assert "curl-sS" in shown
        for each in operation.get("parameters", ()):
            found = DOCUMENT["components"]["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            assert reading.has_entry(article, found["name"], found["description"]), found["name"]
        for status, response in operation["responses"].items():
            assert reading.has_entry(article, status, response["description"]), status
            for name in response["headers"]:
                assert reading.has_entry(article, status, name), name


@pytest.mark.anyio
async def test_every_type_is_on_it(reading: Reading) -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert f"type-{name}" in reading.targets
        assert any(visible(schema["description"]) in text for text in reading.texts.values()), name
        for member, text in members(schema):
            assert any(reading.has_entry(each, member, text) for each in reading.entries), f"{name}.{member}"
    for kind in ("headers", "securitySchemes"):
        for name, each in DOCUMENT["components"][kind].items():
            assert reading.has_entry("", name, each["description"]), name
    for line in DOCUMENT["info"]["description"].splitlines():
        assert visible(line.removeprefix("* ")) in reading.texts[""]


@pytest.mark.anyio
async def test_every_link_has_a_target(reading: Reading) -> None:
    assert len(reading.links) > 40
    assert reading.links <= reading.targets


@pytest.mark.anyio
async def test_it_is_the_same_for_everybody(pool: Pool) -> None:
    async with open_site(pool) as site:
        answers = [await site.get("/docs", headers=headers) for headers in ({}, dict(ADMIN))]
        assert len({each.text for each in answers}) == 1
        policy = answers[0].headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "<script" not in answers[0].text
        assert "style=" not in answers[0].text
        assert (await site.get("/docs?q=1")).json()["code"] == "INVALID_QUERY"
        assert (await site.get("/docs", headers={"Accept": "application/json"})).json()["code"] == "NOT_ACCEPTABLE"


@pytest.mark.anyio
async def test_without_pages_there_is_no_reference(pool: Pool) -> None:
    async with open_site(pool, settings=read_settings({"ANLYT_PAGES": "0"})) as site:
        assert (await site.get("/docs")).status_code == 404


TYPES: Final[Mapping[str, Any]] = {
    "integer": {"type": "integer"},
    "date-time": {"type": "string", "format": "date-time"},
    "string or null": {"type": ["string", "null"]},
    "number or null": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    "<code>a</code> or <code>null</code>": {"enum": ["a", None]},
    "<code>&lt;b&gt;</code>": {"enum": ["<b>"]},
    'list of <a href="#type-Point">Point</a>': {"type": "array", "items": {"$ref": "#/components/schemas/Point"}},
    "list of any value": {"type": "array"},
    "object of string": {"type": "object", "additionalProperties": {"type": "string"}},
    "object": {"type": "object", "additionalProperties": False},
    "any value": {},
}


@pytest.mark.parametrize("words", TYPES)
def test_types_in_words(words: str) -> None:
    assert str(type_of(TYPES[words])) == words


def test_bounds_in_words() -> None:
    schema = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}], "examples": ["<", 2]}
    said = "for example <code>&lt;</code> or <code>2</code>; at least <code>0</code>; at most <code>1</code>"
    assert "; ".join(facts_of(schema)) == said
    assert facts_of({"default": False}) == ["default <code>false</code>"]
    assert facts_of({"default": None}) == facts_of({"default": []}) == []
