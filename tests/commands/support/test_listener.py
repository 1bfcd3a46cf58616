"""The metrics listener of a process."""

from urllib.request import urlopen

import pytest

from commands.support import listener
from infra.settings import read_settings


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_url_of_metrics_can_be_opened(host: str) -> None:
    settings = read_settings({"ANLYT_API_HOST": host, "ANLYT_METRICS_PORT": "0"})
    with listener.served(settings, fallback=False) as url, urlopen(url) as answer:
        assert b"anlyt_events_processed_total" in answer.read()
