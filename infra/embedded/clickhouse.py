"""The embedded ClickHouse: chDB behind our HTTP server, in a process of its own."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from infra.embedded.engine import Engine, started
from infra.embedded.python_server import PythonServer
from infra.embedded.recipe import EngineName
from infra.embedded.s3_configuration import Tree, s3_configuration
from infra.errors import UsageError
from infra.s3 import S3
from infra.tiers import POLICY

SETTINGS: Mapping[str, str] = {
    # Bytes. A larger query fails (code 241); without the limit it could exhaust the machine's memory.
    "max_server_memory_usage": str(4 << 30),
    # With the default of 500, queries hang for minutes while S3 is unavailable, beyond their own time limit.
    "s3_retry_attempts": "3",
}


@dataclass(frozen=True)
class ClickHouse(PythonServer):
    """`settings`: server settings that override SETTINGS. `s3`: the bucket of cold parts and exports.

    `profile`: query settings of the user `default`; a statement's own settings override them.
    """

    settings: Tree = field(default_factory=dict)
    s3: S3 | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    name: EngineName = "clickhouse"
    address: str = "http://default:@127.0.0.1:{port}/anlyt"
    module: str = "infra.embedded.chdb_http"

    def prepare(self, folder: Path, port: int) -> None:
        """Writes the configuration. Raises UsageError if the folder's tables may have parts in S3, but `s3` is None."""
        super().prepare(folder, port)
        file = folder / "config.xml"
        file.touch(mode=0o600)
        file.chmod(0o600)  # the file may exist with other permissions, and now contains keys
        if self.s3 is None and POLICY in file.read_text():
            raise UsageError(f"ClickHouse in {folder} keeps old parts in S3, which ANLYT_S3_ENDPOINT has to name.")
        tree = s3_configuration(self.s3) if self.s3 else {}
        file.write_bytes(_configuration({**SETTINGS, **self.settings, **tree, **_users(self.profile)}))


def clickhouse_server(
    folder: Path,
    port: int = 0,
    *,
    settings: "Tree | None" = None,
    s3: S3 | None = None,
    profile: Mapping[str, str] | None = None,
) -> AbstractAsyncContextManager[Engine]:
    """A running ClickHouse over HTTP on 127.0.0.1 with a database `anlyt`, its data in `folder`; port 0 picks one.

    `settings`, `s3` and `profile` as in ClickHouse. Raises FolderInUseError and EngineFailedError.
    """
    return started(ClickHouse(settings or {}, s3, {} if profile is None else profile), folder.absolute(), port)


def _users(profile: Mapping[str, str]) -> Tree:
    """The user `default` with the profile, in the same file as the rest. Without a profile, the engine has its own."""
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
