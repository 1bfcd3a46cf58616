"""The addresses of the engines: from settings, or from a running `anlyt dev`."""

import json
from pathlib import Path

import pytest

from infra.endpoints import Endpoints, Engines, engines, published
from infra.errors import UsageError
from infra.settings import read_settings

RUNNING = Endpoints("nats://n", "postgresql://p", "http://c", "http://api", "http://metrics")


def test_a_running_dev_is_found(tmp_path: Path) -> None:
    settings = read_settings({"ANLYT_HOME": str(tmp_path)})
    with published(tmp_path, RUNNING):
        assert engines(settings) == Engines("nats://n", "postgresql://p", "http://c")
        written = json.loads((tmp_path / "endpoints.json").read_text())
        assert set(written) == {"nats", "postgres", "clickhouse", "api", "metrics"}
    with pytest.raises(UsageError, match="ANLYT_NATS_URL is not set"):
        engines(settings)


def test_a_setting_comes_first(tmp_path: Path) -> None:
    settings = read_settings({"ANLYT_HOME": str(tmp_path), "ANLYT_NATS_URL": "nats://other"})
    with published(tmp_path, RUNNING):
        assert engines(settings).nats == "nats://other"


def test_passwords_are_their_owners(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json.new").write_text("of one that was killed")
    with published(tmp_path, RUNNING):
        [file] = tmp_path.iterdir()
        assert (file.name, oct(file.stat().st_mode)) == ("endpoints.json", "0o100600")


@pytest.mark.parametrize("content", [b"[]", b'{"nats": "\xff"}'], ids=["a list", "not UTF-8"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "endpoints.json").write_bytes(content)
    with pytest.raises(UsageError, match="delete it"):
        engines(read_settings({"ANLYT_HOME": str(tmp_path)}))
