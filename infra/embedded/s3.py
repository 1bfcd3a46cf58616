"""S3: moto's server, in a process of its own, with its objects in a folder."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.embedded.engine import Engine, started
from infra.embedded.recipe import EngineName
from infra.embedded.served import Served

BUCKET: Final = "anlyt"


@dataclass(frozen=True)
class S3Server(Served):
    """It takes any keys; those in its address are for clients that cannot do without."""

    name: EngineName = "s3"
    address: str = f"http://anlyt:anlyt@127.0.0.1:{{port}}/{BUCKET}"
    module: str = "infra.embedded.s3_server"

    def prepare(self, folder: Path, port: int) -> None:
        super().prepare(folder, port)
        (folder / "objects" / BUCKET).mkdir(parents=True, exist_ok=True)


def s3_server(folder: Path, port: int = 0) -> AbstractAsyncContextManager[Engine]:
    """S3 on 127.0.0.1 with a bucket `anlyt`, its objects kept in `folder`; port 0 picks one.

    FolderInUseError, EngineFailedError.
    """
    return started(S3Server(), folder.absolute(), port)
