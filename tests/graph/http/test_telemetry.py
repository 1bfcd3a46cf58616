"""Every request yields one span and one sample of its duration."""

from typing import get_args

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

from graph.http import telemetry
from graph.postgres import Operation
from graph.rest.endpoints import ENDPOINTS, Endpoint
from graph.rest.query import CATALOG_PATH, QUERY_PATH
from graph.web.pages import PAGES
from infra.telemetry import Span
from tests.graph.support.api import ADMIN, Api
from tests.graph.support.store import Store

pytestmark = pytest.mark.anyio

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", provider.get_tracer("test"))
    return exporter


def samples(endpoint: str) -> float:
    return REGISTRY.get_sample_value("anlyt_query_duration_seconds_count", {"endpoint": endpoint}) or 0.0


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
async def test_a_report_is_observed(api: Api, store: Store, spans: InMemorySpanExporter, endpoint: Endpoint) -> None:
    before = samples(endpoint.name)
    headers = {**ADMIN, "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    await api.client.get(endpoint.path.format(id="x", day="2026-10-01"), headers=headers)
    assert samples(endpoint.name) == before + 1
    (span,) = spans.get_finished_spans()
    assert span.name == f"anlyt.api.{endpoint.name}"
    assert trace.format_trace_id(span.context.trace_id) == TRACE


@pytest.mark.parametrize(("method", "path", "name"), [("POST", QUERY_PATH, "query"), ("GET", CATALOG_PATH, "catalog")])
async def test_the_query_endpoints_are_observed(
    api: Api, spans: InMemorySpanExporter, method: str, path: str, name: str
) -> None:
    before = samples(name)
    await api.client.request(method, path, headers=dict(ADMIN))
    assert samples(name) == before + 1
    (span,) = spans.get_finished_spans()
    assert span.name == f"anlyt.api.{name}"


async def test_graphql_is_observed(api: Api, spans: InMemorySpanExporter) -> None:
    before = samples("graphql")
    await api.fields("{ __typename }")
    assert samples("graphql") == before + 1
    (span,) = spans.get_finished_spans()
    assert (span.name, span.parent) == ("anlyt.api.graphql", None)


def test_no_id_is_a_label() -> None:
    (family,) = (family for family in REGISTRY.collect() if family.name == "anlyt_query_duration_seconds")
    labels = {sample.labels["endpoint"] for sample in family.samples}
    spans = {name.removeprefix("anlyt.api.") for name in get_args(Span)}
    pages = {*(f"{page.name}Page" for page in PAGES), "referencePage", "auditPage"}
    assert labels <= {endpoint.name for endpoint in ENDPOINTS} | spans | pages


async def test_baggage_is_ignored(api: Api, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture) -> None:
    """OpenTelemetry's own propagator would log a baggage header that it rejects."""
    headers = {**ADMIN, "traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "baggage": "msisdn=93700112233," * 500}
    response = await api.client.get("/v1/anlyt/catalog", headers=headers)
    assert response.status_code == 200
    assert "93700112233" not in caplog.text


async def test_an_exemplar_names_the_trace(api: Api, spans: InMemorySpanExporter) -> None:
    await api.fields("{ __typename }")
    (span,) = spans.get_finished_spans()
    (family,) = (family for family in REGISTRY.collect() if family.name == "anlyt_query_duration_seconds")
    traces = {sample.exemplar.labels["trace_id"] for sample in family.samples if sample.exemplar}
    assert trace.format_trace_id(span.context.trace_id) in traces


async def test_a_request_without_an_exported_span_has_no_exemplar(api: Api) -> None:
    headers = {**ADMIN, "traceparent": f"00-{TRACE.replace('0', '9')}-b7ad6b7169203331-01"}
    await api.client.get("/v1/anlyt/catalog", headers=headers)
    assert TRACE.replace("0", "9") not in openmetrics(REGISTRY).decode()  # type: ignore[no-untyped-call]  # the library leaves it untyped


def test_failures_are_shown_before_the_first_one() -> None:
    """Prometheus sees no increase in a counter that begins at 6."""
    for reason in ("postgres_slow", "clickhouse_slow", "overloaded"):
        assert REGISTRY.get_sample_value("anlyt_refused_total", {"reason": reason}) is not None
    for operation in get_args(Operation):
        assert REGISTRY.get_sample_value("anlyt_pg_errors_total", {"op": operation}) is not None
