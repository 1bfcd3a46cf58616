"""ClickHouse with the configuration that its chart renders, and an S3 server."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from infra.embedded.s3 import make_bucket, s3_server
from infra.s3 import S3, from_dsn, open_store
from tests.support.charts import CLICKHOUSE, of_kind

PASSWORDS: Final = ("anlyt", "anlyt_reader", "anlyt_auditor", "reader_acme")
TEXTS: Final = (
    "interserver_password",
    "cluster_secret",
    "s3_access_key",
    "s3_secret_key",
    "backup_access_key",
    "backup_secret_key",
    "anlyt_backup",
)
"""The substitutions of secrets.xml that are plain texts; PASSWORDS are hashes."""

BUCKETS: Final = ("anlyt", "anlyt-backups")

# Reads a JSON list of statements; prints the list of results: a text, or {"error": message}. A pair is a statement and
# the result that it waits for, for at most a minute.
SESSION: Final = """
import json, sys, time
from chdb.state import connect

def awaited(statement):
    if isinstance(statement, str):
        return run(statement)
    statement, expected = statement
    for _ in range(600):
        if (result := run(statement)) == expected:
            break
        time.sleep(0.1)
    return result

def run(statement):
    try:
        return connection.query(statement, "TSV").bytes().decode()
    except RuntimeError as error:
        return {"error": str(error)}

connection = connect(sys.argv[1])
json.dump([awaited(each) for each in json.load(sys.stdin)], sys.stdout)
"""
Result = str | dict[str, str]


@dataclass(frozen=True)
class Server:
    """The server's folder, with configuration, secrets and data, and its S3."""

    folder: Path
    s3: S3

    def run(self, *statements: str | tuple[str, str], as_user: str = "default") -> list[Result]:
        """The results of statements with the rights of `as_user`. chDB has only the user `default`, which gets them."""
        self._take_rights_of(as_user)
        location = f"{self.folder}/data?config-file={self.folder}/server.xml"
        process = subprocess.run(
            [sys.executable, "-c", SESSION, location],
            input=json.dumps(statements),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env={**os.environ, "POD_NAME": "anlyt-server-0", "POD_ADDRESS": "localhost"},
        )
        assert process.returncode == 0, process.stderr[-2000:]
        answers: list[Result] = json.loads(process.stdout)
        return answers

    def _take_rights_of(self, name: str) -> None:
        tree = ElementTree.parse(self.folder / "users.rendered.xml")
        users = tree.getroot().find("users")
        assert users is not None
        default, source = users.find("default"), users.find(name)
        assert default is not None
        assert source is not None
        default[:] = [each for each in source if not each.tag.startswith("password")]
        ElementTree.SubElement(default, "password")
        tree.write(self.folder / "users.xml")


@asynccontextmanager
async def configured_server(folder: Path) -> AsyncIterator[Server]:
    """Yields a server that has not started yet. Its S3 runs until the body ends."""
    async with s3_server(folder / "s3") as engine:
        s3 = from_dsn(engine.dsn)
        for name in BUCKETS:
            await make_bucket(s3, name)
        manifests = CLICKHOUSE.manifests(
            tiers={"endpoint": f"{s3.endpoint}/{BUCKETS[0]}/"},
            backup={"endpoint": f"{s3.endpoint}/{BUCKETS[1]}/"},
            readers={"acme": {"tenant": "acme"}},
        )
        paths = {
            "/var/lib/clickhouse-warm/": f"{folder}/warm/",
            "/var/lib/clickhouse/": f"{folder}/data/",
            "/run/secrets/clickhouse": str(folder),
            "/etc/anlyt": str(folder),
        }
        for name, text in of_kind(manifests, "ConfigMap")["anlyt-server"]["data"].items():
            (folder / name).write_text(replaced(text, paths))
        (folder / "users.xml").rename(folder / "users.rendered.xml")
        (folder / "secrets.xml").write_text(substitutions(s3))
        yield Server(folder, s3)


def objects(server: Server, bucket: str) -> list[str]:
    """The names of the objects in a bucket."""
    return [meta["path"] for some in open_store(replace(server.s3, bucket=bucket)).list() for meta in some]


def replaced(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def substitutions(s3: S3) -> str:
    """The text of secrets.xml, as docs/operations.md describes it."""
    hashes = {name: sha256(b"secret").hexdigest() for name in PASSWORDS}
    keys = {name: s3.access_key if name.endswith("access_key") else s3.secret_key for name in TEXTS if "_key" in name}
    values = {**dict.fromkeys(TEXTS, "secret"), **keys, **hashes}
    return f"<clickhouse>{''.join(f'<{name}>{text}</{name}>' for name, text in values.items())}</clickhouse>"


def successes(answers: Sequence[Result]) -> list[str]:
    """The results as texts. Raises AssertionError if one is an error."""
    wrong = [each for each in answers if not isinstance(each, str)]
    assert wrong == []
    return [str(each).strip() for each in answers]
