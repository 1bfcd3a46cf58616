"""Readiness checks without an engine."""

import pytest

from infra.probes import ping_clickhouse

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_clickhouse_is_asked_where_its_address_says(host: str) -> None:
    with pytest.raises(OSError, match="Cannot connect to host"):
        await ping_clickhouse(f"http://anlyt:secret@{host}:1/anlyt")
