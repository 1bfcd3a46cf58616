"""The variables that a reader can set at the top of a dashboard."""

from typing import Final

from dashboards.sources import CLICKHOUSE, PROMETHEUS, Json, Source

RUNBOOKS: Final = "https://runbooks.example/docs/runbooks"
"""Placeholder for the URL of the published docs/runbooks; docs/dashboards.md says how to replace it."""
ANY_PREFIX: Final = "'*'"
"""The value of `prefix` when all are chosen; it differs from every prefix of digits."""

_ALL: Final = {"text": ["All"], "value": ["$__all"]}
_HIDDEN: Final = 2
_ON_TIME_RANGE: Final = 2
_ALPHABETICAL: Final = 1


def source(chosen: Source) -> Json:
    """The choice of a data source of one kind; Grafana preselects its default."""
    return {
        "name": chosen.variable,
        "label": chosen.label,
        "type": "datasource",
        "query": chosen.plugin,
        "hide": 0,
        "refresh": 1,
    }


def runbooks() -> Json:
    return {
        "name": "runbooks",
        "label": "Runbooks URL",
        "type": "textbox",
        "query": RUNBOOKS,
        "current": {"text": RUNBOOKS, "value": RUNBOOKS},
        "hide": _HIDDEN,
    }


def job() -> Json:
    """The choice of Prometheus jobs whose names begin with anlyt, as in the alerts."""
    query = 'label_values(up{job=~"anlyt.*"}, job)'
    content = {"query": query, "refId": "job", "qryType": 1}
    return _queried("job", "Job", PROMETHEUS) | {"query": content, "allValue": "anlyt.*"}


def queried(name: str, label: str, text: str, *, everything: str | None = None) -> Json:
    """The choice among the first column of a ClickHouse statement. `everything` is inserted when all are chosen."""
    return _queried(name, label, CLICKHOUSE) | {"query": text} | ({"allValue": everything} if everything else {})


def textbox(name: str, label: str, description: str) -> Json:
    """A text box, empty by default."""
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "textbox",
        "query": "",
        "current": {"text": "", "value": ""},
    }


def _queried(name: str, label: str, origin: Source) -> dict[str, object]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": origin.ref,
        "multi": True,
        "includeAll": True,
        "current": _ALL,
        "refresh": _ON_TIME_RANGE,
        "sort": _ALPHABETICAL,
        "hide": 0,
    }
