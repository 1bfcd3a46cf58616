"""The reference page of the dashboards, made from their JSON."""

from collections.abc import Iterator

from dashboards.files import BOARDS, FOLDER
from dashboards.sources import SOURCES, Json


def lines() -> Iterator[str]:
    yield "What each panel tells, whom it asks, and which runbook it leads to. How to get them into Grafana:"
    yield "[dashboards.md](../dashboards.md)."
    for board in BOARDS:
        yield ""
        yield f"## {board.title}"
        yield ""
        file = FOLDER / f"{board.uid}.json"
        yield f"{board.description} [{file}](../../{file}); it begins with {board.since} to now."
        for panel in board.json()["panels"]:
            yield from _row(panel) if panel["type"] == "row" else [_panel(panel)]


def _row(panel: Json) -> Iterator[str]:
    repeated = f", once for each `{panel['repeat']}`" if "repeat" in panel else ""
    yield ""
    yield f"**{panel['title']}**{repeated}"
    yield ""
    yield "| panel | what it tells | asks | runbooks |"
    yield "|---|---|---|---|"


def _panel(panel: Json) -> str:
    asked = next(source for source in SOURCES if source.ref == panel["datasource"]).label.removesuffix(" data source")
    pages = (link["title"].removeprefix("Runbook: ") for link in panel["links"])
    runbooks = ", ".join(f"[{page}](../runbooks/{page}.md)" for page in pages)
    return f"| {panel['title']} | {panel['description']} | {asked} | {runbooks} |"
