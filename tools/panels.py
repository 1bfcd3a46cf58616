"""Makes the reference page of the dashboards from their JSON."""

from collections.abc import Iterator

from dashboards.files import BOARDS, FOLDER
from dashboards.sources import SOURCES, Json


def lines() -> Iterator[str]:
    """The lines of the page below its title."""
    yield "The panels of each board, with their data sources and runbooks. How to install the boards in Grafana:"
    yield "[dashboards.md](../dashboards.md)."
    for board in BOARDS:
        yield ""
        yield f"## {board.title}"
        yield ""
        file = FOLDER / f"{board.uid}.json"
        yield f"{board.description} [{file}](../../{file}); its default time range is {board.since} to now."
        for panel in board.json()["panels"]:
            yield from _row(panel) if panel["type"] == "row" else [_panel(panel)]


def _row(panel: Json) -> Iterator[str]:
    repeated = f", one per `{panel['repeat']}`" if "repeat" in panel else ""
    yield ""
    yield f"**{panel['title']}**{repeated}"
    yield ""
    yield "| panel | shows | data source | runbooks |"
    yield "|---|---|---|---|"


def _panel(panel: Json) -> str:
    source = next(each for each in SOURCES if each.ref == panel["datasource"]).label.removesuffix(" data source")
    pages = (link["title"].removeprefix("Runbook: ") for link in panel["links"])
    runbooks = ", ".join(f"[{page}](../runbooks/{page}.md)" for page in pages)
    return f"| {panel['title']} | {panel['description']} | {source} | {runbooks} |"
