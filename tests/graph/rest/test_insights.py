"""The insights' routes, as far as HTTP goes."""

import pytest
from starlette.types import Message, Scope

from graph.app import create_app
from infra.postgres import Pool
from infra.settings import read_settings
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/v1/insights/mno-quality", "/v1/insights/cost-quality"])
async def test_whoever_has_left_is_not_answered(pool: Pool, path: str) -> None:
    """Not one message is sent: its query is given up."""
    app = create_app(read_settings({}), pool, {}, clickhouse=NO_CLICKHOUSE, development=False)
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"x-caller", b"admin-dashboard")],
    }

    async def leaves() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, leaves, send)
    assert sent == []
