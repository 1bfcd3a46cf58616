"""The three data sources of panels, each chosen by a dashboard variable, and queries for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from dashboards.limits import for_chosen_jobs

Json: TypeAlias = Mapping[str, Any]
"""A part of a dashboard's JSON."""
Shape: TypeAlias = Literal["series", "table"]
"""How Grafana shows rows: as series over `time`, one per value of the text columns, or as a table."""

SQL: Final = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of data source. The dashboard variable `variable` selects one of this kind."""

    plugin: str
    variable: str
    label: str

    @property
    def ref(self) -> Json:
        return {"type": self.plugin, "uid": f"${{{self.variable}}}"}


PROMETHEUS: Final = Source("prometheus", "prometheus_datasource", "Prometheus data source")
CLICKHOUSE: Final = Source("grafana-clickhouse-datasource", "clickhouse_datasource", "ClickHouse data source")
POSTGRES: Final = Source("grafana-postgresql-datasource", "postgres_datasource", "PostgreSQL data source")
SOURCES: Final = (PROMETHEUS, CLICKHOUSE, POSTGRES)


def promql(expression: str, legend: str) -> Json:
    """A query for Prometheus, limited to the chosen jobs. `legend` may contain {{label}}."""
    return {
        "datasource": PROMETHEUS.ref,
        "editorMode": "code",
        "expr": for_chosen_jobs(expression),
        "legendFormat": legend,
        "range": True,
    }


def clickhouse(text: str, shape: Shape = "series") -> Json:
    """A query for ClickHouse, in the format of the plugin's version 4."""
    names = {"series": (0, "timeseries"), "table": (1, "table")}
    format_, query_type = names[shape]
    return {
        "datasource": CLICKHOUSE.ref,
        "editorType": "sql",
        "format": format_,
        "pluginVersion": "4.0.0",
        "queryType": query_type,
        "rawSql": text,
    }


def postgres(text: str, shape: Shape = "series") -> Json:
    return {
        "datasource": POSTGRES.ref,
        "editorMode": "code",
        "format": {"series": "time_series", "table": "table"}[shape],
        "rawQuery": True,
        "rawSql": text,
    }


def statement(*names: str) -> str:
    """The text of `sql/NAME.sql`. Several files are concatenated."""
    return "".join((SQL / f"{name}.sql").read_text() for name in names).strip()
