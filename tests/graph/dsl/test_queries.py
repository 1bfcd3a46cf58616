"""A query runs few statements: each costs milliseconds, whatever it reads."""

from collections.abc import Mapping, Sequence

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from infra import telemetry
from tests.graph.support.api import ADMIN
from tests.graph.support.queries import BY_CODE, MONEY, QUERY, Json, QueryClient, tenant, window

pytestmark = pytest.mark.anyio

TENANT = tenant("t-1")
CUBE: Json = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["status"], "time": window()}
FACTS: Json = {**BY_CODE, "totals": False}
# A text that statements of a kind have.
KINDS: Mapping[str, str] = {
    "marks": "from dirty",
    "count": "count() as stored",
    "parts": "from system.parts",
    "estimate": "explain estimate",
}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", provider.get_tracer("test"))
    return exporter


def statements(spans: InMemorySpanExporter) -> list[str]:
    """The kinds of the statements that have run, in alphabetical order, each statement with all its kinds.

    Without those of freshness, which is cached for a second.
    """
    ended = [span.attributes or {} for span in spans.get_finished_spans() if span.name == "anlyt.sql"]
    texts = [str(attributes["db.query.text"]) for attributes in ended]
    spans.clear()
    return sorted(_kind(text) for text in texts if "newest_event_at" not in text and "max(event_time)" not in text)


def _kind(text: str) -> str:
    return "+".join(kind for kind, part in KINDS.items() if part in text) or "rows"


@pytest.mark.parametrize(
    ("query", "caller", "expected"),
    [
        (CUBE, TENANT, ["count+parts", "marks+parts", "rows"]),
        (CUBE, ADMIN, ["marks+parts", "parts", "rows"]),
        (FACTS, TENANT, ["count+parts", "parts", "rows"]),
        (FACTS, ADMIN, ["parts", "parts", "rows"]),
        ({**FACTS, "totals": True}, TENANT, ["count+parts", "parts", "rows", "rows"]),
        (
            {**MONEY, "dimensions": ["status"]},
            TENANT,
            ["count+parts", "parts", "rows", "rows"],
        ),  # and currencies
        ({**CUBE, "explain": True}, TENANT, ["marks"]),
        ({**CUBE, "explain": True}, ADMIN, ["estimate", "marks"]),
        ({**FACTS, "explain": True}, TENANT, []),
    ],
)
async def test_the_statements_of_a_query(
    query_client: QueryClient,
    spans: InMemorySpanExporter,
    query: Json,
    caller: Mapping[str, str],
    expected: Sequence[str],
) -> None:
    await query_client.ask(query, caller)
    assert statements(spans) == expected


async def test_an_answer_that_the_caller_has_takes_one(query_client: QueryClient, spans: InMemorySpanExporter) -> None:
    first = await query_client.post(CUBE, TENANT)
    statements(spans)
    headers = {**TENANT, "If-None-Match": first.headers["etag"]}
    assert (await query_client.client.post(QUERY, json=CUBE, headers=headers)).status_code == 304
    assert statements(spans) == ["marks+parts"]


async def test_without_a_validator_no_parts_are_read(query_client: QueryClient, spans: InMemorySpanExporter) -> None:
    answer = await query_client.graphql(CUBE, TENANT, "data")
    assert len(answer["data"]["query"]["data"]) > 1
    assert statements(spans) == ["count", "marks", "rows"]
