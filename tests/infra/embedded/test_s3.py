"""S3 keeps what it said it has, whatever becomes of its process."""

from pathlib import Path
from random import Random

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

from infra.embedded.s3 import s3_server
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
        (tmp_path / "s3" / "objects" / "anlyt" / "half.new").write_bytes(b"of a write that was killed")
        await engine.kill()
        with pytest.raises(BaseError):
            await store.get_async("large")
        await engine.start()
        left = {name: content for name, content in objects.items() if not name.startswith(("a/2", "a/3", "a/4"))}
        assert await contents(store) == {**left, "a/1 ☎?%.x": b"again"}
        await engine.stop()
        assert "ended with exit status 0." in await engine.exited()


async def contents(store: S3Store) -> dict[str, bytes]:
    names = [meta["path"] async for some in obstore.list(store) for meta in some]
    return {name: bytes(await (await store.get_async(name)).bytes_async()) for name in names}
