"""S3 keeps acknowledged objects, however its process ends."""

from dataclasses import replace
from pathlib import Path
from random import Random

import obstore
import psutil
import pytest
from obstore.exceptions import BaseError, PermissionDeniedError
from obstore.store import S3Store

from infra.embedded.s3 import s3_server
from infra.errors import UsageError
from infra.faults import fault_of
from infra.s3 import from_dsn, open_store

pytestmark = pytest.mark.anyio

MULTIPART = 12 << 20  # bytes: obstore sends more than 5 MB in parts


async def test_objects_survive_a_kill(tmp_path: Path) -> None:
    random = Random(3101)
    async with s3_server(tmp_path / "s3") as engine:
        store = open_store(from_dsn(engine.dsn))
        objects = {f"a/{number} ☎?%.x": random.randbytes(100 * number) for number in range(8)}
        objects["large"] = random.randbytes(MULTIPART)
        for name, content in objects.items():
            await store.put_async(name, content)
        await store.put_async("a/1 ☎?%.x", b"again")
        await store.delete_async("a/2 ☎?%.x")
        await store.delete_async(["a/3 ☎?%.x", "a/4 ☎?%.x"])
        await engine.kill()
        with pytest.raises(BaseError):
            await store.get_async("large")
        await engine.start()
        left = {name: content for name, content in objects.items() if not name.startswith(("a/2", "a/3", "a/4"))}
        assert await contents(store) == {**left, "a/1 ☎?%.x": b"again"}
        await engine.stop()


async def test_no_socket_is_left_and_no_other_machine_is_reached(tmp_path: Path) -> None:
    async with s3_server(tmp_path / "s3") as engine:
        served = psutil.Process(engine.pid)
        listening = [each for each in served.net_connections("all") if each.status in ("LISTEN", psutil.CONN_NONE)]
        assert {each.laddr.ip for each in listening if not isinstance(each.laddr, str)} == {"127.0.0.1"}
        outside = {Path(each) for each in (str(each.laddr) for each in listening) if each.startswith("/")}
        assert len(outside) == 4
        connected = [each.raddr.ip for each in served.net_connections("inet") if each.raddr]
        assert set(connected) <= {"127.0.0.1"}
        await engine.kill()
        assert not [path for path in outside if path.exists()]


async def test_only_clients_with_the_keys_have_access(tmp_path: Path) -> None:
    async with s3_server(tmp_path / "s3") as engine:
        ours = from_dsn(engine.dsn)
        for wrong in (replace(ours, secret_key="other"), replace(ours, access_key="other")):
            with pytest.raises(PermissionDeniedError) as raised:
                await open_store(wrong).put_async("object", b"content")
            fault = fault_of(raised.value)
            assert fault is not None
            assert fault.setting == "ANLYT_S3_ACCESS_KEY"
        assert ours.secret_key not in engine.log.read_text()


async def test_objects_of_an_earlier_server_are_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    with pytest.raises(UsageError, match="has objects of an earlier version"):
        async with s3_server(tmp_path):
            pass


async def contents(store: S3Store) -> dict[str, bytes]:
    names = [meta["path"] async for some in obstore.list(store) for meta in some]
    return {name: bytes(await (await store.get_async(name)).bytes_async()) for name in names}
