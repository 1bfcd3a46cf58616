"""Pages in process: a client, and what a page says, read from its HTML."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any, Final

import httpx

from graph.app import create_app
from graph.web.personas import Persona
from infra.clickhouse import open_clickhouse
from infra.postgres import Pool
from infra.settings import Settings, read_settings

HTML: Final = {"Accept": "text/html"}
FINANCE: Final = {"X-Caller": "finance-dashboard"}
NOWHERE: Final = "http://127.0.0.1:1/anlyt"
PERSONAS: Final = (
    Persona("admin", "Administration", {"X-Caller": "admin-dashboard"}),
    Persona("t-1", "Tenant", {"X-Caller": "customer-portal", "X-Tenant-Id": "t-1", "X-Account-Id": "acc-1"}),
)


@asynccontextmanager
async def open_site(
    pool: Pool,
    dsn: str = NOWHERE,
    *,
    settings: Settings | None = None,
    personas: Sequence[Persona] = (),
    development: bool = False,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API with its pages, over the ClickHouse at `dsn`."""
    async with open_clickhouse(dsn, statement_timeout=30) as clickhouse:
        app = create_app(
            settings or read_settings({}), pool, {}, clickhouse=clickhouse, development=development, personas=personas
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=HTML) as client:
            yield client


class PageText(HTMLParser):
    """What a page says: its text, its states, the values at its fields, and every attribute.

    `values` has (part, row, field) -> the API's exact value; `part` is the id of the nearest section or table above, or
    that of a chart.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.codes: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.values: dict[tuple[str, str, str], str] = {}
        self.tags: list[str] = []
        self._part, self._row, self._field = "", "", ""
        self._heads: list[str] = []
        self._column = 0
        self._in_head = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in found.items()]
        if tag in {"section", "table"} and "id" in found:
            self._part, self._row = found["id"], ""
        self._row = found.get("data-row", self._row)
        self._field = found.get("data-field", self._field)
        self._read_chart(tag, found)
        if "data-code" in found:
            self.codes.append(found["data-code"])
        if "data-value" in found and self._field:
            self.values.setdefault((self._part, self._row, self._field), found["data-value"])

    def _read_chart(self, tag: str, found: Mapping[str, str]) -> None:
        """The table of a chart: its rows are times, its fields the heads of its columns."""
        if "data-table" in found:
            self._part, self._row, self._heads = found["data-table"], "", []
        if tag == "tr":
            self._row, self._column = found.get("data-time", self._row), 0
        if tag in {"th", "td"}:
            self._in_head = found.get("scope") == "col"
            self._column += 1
        if tag == "data":
            self.values[self._part, self._row, self._heads[self._column - 1]] = found["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "dd"}:
            self._field = ""
        if tag == "th":
            self._in_head = False

    def handle_data(self, data: str) -> None:
        if self._in_head and data.strip():
            self._heads.append(data)
        if data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        """All text that is not markup."""
        return " ".join(self.texts)

    def links(self) -> Sequence[str]:
        """The targets of all links."""
        return [value for tag, name, value in self.attributes if (tag, name) == ("a", "href")]

    def rows(self, part: str) -> Mapping[str, Mapping[str, str]]:
        """The rows of a part: row -> field -> value."""
        found: dict[str, dict[str, str]] = {}
        for (at, row, field), value in self.values.items():
            if at == part:
                found.setdefault(row, {})[field] = value
        return found


async def page(client: httpx.AsyncClient, path: str, caller: Mapping[str, str], status: int = 200) -> PageText:
    """A page that must be answered with `status`."""
    response = await client.get(path, headers=dict(caller))
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return PageText(response.text)


def as_text(value: Any) -> str:
    """A value of the API's JSON as pages carry it in `data-value`."""
    return "null" if value is None else str(value)


def with_before(
    series: Sequence[Any], before: Sequence[Any], fields: Mapping[str, str], length: timedelta
) -> Mapping[str, Mapping[str, str]]:
    """The rows of a chart's table that an API's series have: of the window, and of the period `length` before it."""
    values = [
        (datetime.fromisoformat(each["time"]), name, each[field]) for each in series for name, field in fields.items()
    ]
    values += [
        (datetime.fromisoformat(each["time"]) + length, f"{name}, period before", each[field])
        for each in before
        for name, field in fields.items()
    ]
    times = {datetime.fromisoformat(each["time"]): each["time"] for each in series}
    found: dict[str, dict[str, str]] = {}
    for time, name, value in values:
        if time in times and value is not None:
            found.setdefault(times[time], {})[name] = as_text(value)
    return found
