"""What the reader of a dashboard chooses at its top."""

from typing import Final

from dashboards.sources import CLICKHOUSE, PROMETHEUS, Json, Source

RUNBOOKS: Final = "https://runbooks.example/docs/runbooks"
"""Stands for the address under which docs/runbooks is published; docs/dashboards.md says where to put it in."""
ANY_PREFIX: Final = "'*'"
"""What `prefix` is while none is chosen: no prefix of digits."""

_ALL: Final = {"text": ["All"], "value": ["$__all"]}
_HIDDEN: Final = 2
_ON_TIME_RANGE: Final = 2
_ALPHABETICAL: Final = 1


def source(chosen: Source) -> Json:
    """The data source of a kind; Grafana begins with its default one."""
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
        "label": "Runbooks at",
        "type": "textbox",
        "query": RUNBOOKS,
        "current": {"text": RUNBOOKS, "value": RUNBOOKS},
        "hide": _HIDDEN,
    }


def job() -> Json:
    """Prometheus jobs of the service: those whose names begin with anlyt, as its alerts take it."""
    query = 'label_values(up{job=~"anlyt.*"}, job)'
    content = {"query": query, "refId": "job", "qryType": 1}
    return _queried("job", "Job", PROMETHEUS) | {"query": content, "allValue": "anlyt.*"}


def queried(name: str, label: str, text: str, *, everything: str | None = None) -> Json:
    """The first column of a statement of ClickHouse. `everything` is put in as it stands while all are chosen."""
    return _queried(name, label, CLICKHOUSE) | {"query": text} | ({"allValue": everything} if everything else {})


def textbox(name: str, label: str, description: str) -> Json:
    """Empty at first."""
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "textbox",
        "query": "",
        "current": {"text": "", "value": ""},
    }


def _queried(name: str, label: str, asked: Source) -> dict[str, object]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": asked.ref,
        "multi": True,
        "includeAll": True,
        "current": _ALL,
        "refresh": _ON_TIME_RANGE,
        "sort": _ALPHABETICAL,
        "hide": 0,
    }
