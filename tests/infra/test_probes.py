"""Readiness checks without an engine."""

import pytest

from infra.probes import ping_clickhouse

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_the_ping_goes_to_the_address_of_the_dsn(host: str) -> None:
    with pytest.raises(OSError, match="Cannot connect to host"):
        await ping_clickhouse(f"http://anlyt:secret@{host}:1/anlyt")
