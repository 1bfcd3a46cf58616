"""ClickHouse: chDB behind our HTTP server, in a process of its own."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from infra.embedded.engine import Engine, started
from infra.embedded.recipe import EngineName
from infra.embedded.served import Served
from infra.embedded.tiered import Tree, configuration
from infra.errors import UsageError
from infra.s3 import S3
from infra.tiers import POLICY

SETTINGS: Mapping[str, str] = {
    # Bytes. A query beyond it fails (code 241) instead of taking the machine down.
    "max_server_memory_usage": str(4 << 30),
    # With the default of 500, queries hang for minutes while S3 is away, whatever their own limit.
    "s3_retry_attempts": "3",
}


@dataclass(frozen=True)
class ClickHouse(Served):
    """`settings`: server settings, over SETTINGS. `s3`: where cold parts and exports go.

    `profile`: settings of the user `default`, in force where a statement does not set them.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    s3: S3 | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    name: EngineName = "clickhouse"
    address: str = "http://default:@127.0.0.1:{port}/anlyt"
    module: str = "infra.embedded.chdb_http"

    def prepare(self, folder: Path, port: int) -> None:
        """UsageError for a folder whose tables may have parts in S3, if nothing is known of it any more."""
        super().prepare(folder, port)
        file = folder / "config.xml"
        file.touch(mode=0o600)
        file.chmod(0o600)  # it may be there already, and now it has keys
        if self.s3 is None and POLICY in file.read_text():
            raise UsageError(f"ClickHouse in {folder} keeps old parts in S3, which ANLYT_S3_ENDPOINT has to name.")
        tree = configuration(self.s3) if self.s3 else {}
        file.write_bytes(_configuration({**SETTINGS, **self.settings, **tree, **_users(self.profile)}))


def clickhouse_server(
    folder: Path,
    port: int = 0,
    *,
    settings: Mapping[str, str] | None = None,
    s3: S3 | None = None,
    profile: Mapping[str, str] | None = None,
) -> AbstractAsyncContextManager[Engine]:
    """ClickHouse over HTTP on 127.0.0.1 with a database `anlyt`, its data in `folder`; port 0 picks one.

    `settings`, `s3` and `profile` as in ClickHouse. FolderInUseError, EngineFailedError.
    """
    return started(ClickHouse(settings or {}, s3, {} if profile is None else profile), folder.absolute(), port)


def _users(profile: Mapping[str, str]) -> Tree:
    """The user `default`, in the same file as everything else; without a profile, the engine has one of its own."""
    if not profile:
        return {}
    user: Tree = {"password": "", "profile": "default", "networks": {"ip": "::/0"}}
    return {"users_config": "config.xml", "profiles": {"default": profile}, "users": {"default": user}}


def _configuration(tree: Tree) -> bytes:
    root = ElementTree.Element("clickhouse")
    _add(root, tree)
    return ElementTree.tostring(root)


def _add(parent: ElementTree.Element, tree: Tree) -> None:
    for name, value in tree.items():
        element = ElementTree.SubElement(parent, name)
        if isinstance(value, str):
            element.text = value
        else:
            _add(element, value)
