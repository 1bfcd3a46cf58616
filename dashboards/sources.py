"""Where panels ask: three data sources, each chosen by a variable of the dashboard, and queries of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from dashboards.limits import watched

Json: TypeAlias = Mapping[str, Any]
"""A part of a dashboard, as Grafana reads it."""
Shape: TypeAlias = Literal["series", "table"]
"""What Grafana makes of rows: lines over `time`, one for each value of the text columns; or a table as it stands."""

SQL: Final = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of data source; `variable` is the dashboard's choice of one."""

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
    """`legend` with {{label}}. Metrics are those of the processes that `job` names."""
    return {
        "datasource": PROMETHEUS.ref,
        "editorMode": "code",
        "expr": watched(expression),
        "legendFormat": legend,
        "range": True,
    }


def clickhouse(text: str, shape: Shape = "series") -> Json:
    """Of the plugin's version 4."""
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
    """The text of `sql/NAME.sql`; of several, one after the other."""
    return "".join((SQL / f"{name}.sql").read_text() for name in names).strip()
