"""The real engine under the configuration that the chart of ClickHouse renders, with an S3."""

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
"""The substitutions of secrets.xml: hashes, and plain texts."""

BUCKETS: Final = ("anlyt", "anlyt-backups")

# Statements come as a list in JSON, and what each gave goes out: a text, or {"error": its message}. A pair is a
# statement that is asked until it gives the second, for a minute at most.
SESSION: Final = """
import json, sys, time
from chdb.state import connect

def asked(statement):
    if isinstance(statement, str):
        return told(statement)
    statement, wanted = statement
    for _ in range(600):
        if (found := told(statement)) == wanted:
            break
        time.sleep(0.1)
    return found

def told(statement):
    try:
        return connection.query(statement, "TSV").bytes().decode()
    except RuntimeError as error:
        return {"error": str(error)}

connection = connect(sys.argv[1])
json.dump([asked(each) for each in json.load(sys.stdin)], sys.stdout)
"""
Result = str | dict[str, str]


@dataclass(frozen=True)
class Server:
    """Its folder, with configuration, secrets and data; its S3."""

    folder: Path
    s3: S3

    def run(self, *statements: str | tuple[str, str], as_user: str = "default") -> list[Result]:
        """What each statement gives to a user with that user's rights. chDB lets nobody in but `default`."""
        self._become(as_user)
        location = f"{self.folder}/data?config-file={self.folder}/server.xml"
        ended = subprocess.run(
            [sys.executable, "-c", SESSION, location],
            input=json.dumps(statements),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env={**os.environ, "POD_NAME": "anlyt-server-0", "POD_ADDRESS": "localhost"},
        )
        assert ended.returncode == 0, ended.stderr[-2000:]
        answers: list[Result] = json.loads(ended.stdout)
        return answers

    def _become(self, name: str) -> None:
        tree = ElementTree.parse(self.folder / "users.rendered.xml")
        users = tree.getroot().find("users")
        assert users is not None
        default, wanted = users.find("default"), users.find(name)
        assert default is not None
        assert wanted is not None
        default[:] = [each for each in wanted if not each.tag.startswith("password")]
        ElementTree.SubElement(default, "password")
        tree.write(self.folder / "users.xml")


@asynccontextmanager
async def configured_server(folder: Path) -> AsyncIterator[Server]:
    """A server that has not started yet; its S3 is there until the body ends."""
    async with s3_server(folder / "s3") as engine:
        s3 = from_dsn(engine.dsn)
        for name in BUCKETS:
            await make_bucket(s3, name)
        manifests = CLICKHOUSE.manifests(
            tiers={"endpoint": f"{s3.endpoint}/{BUCKETS[0]}/"},
            backup={"endpoint": f"{s3.endpoint}/{BUCKETS[1]}/"},
            readers={"acme": {"tenant": "acme"}},
        )
        moved = {
            "/var/lib/clickhouse-warm/": f"{folder}/warm/",
            "/var/lib/clickhouse/": f"{folder}/data/",
            "/run/secrets/clickhouse": str(folder),
            "/etc/anlyt": str(folder),
        }
        for name, text in of_kind(manifests, "ConfigMap")["anlyt-server"]["data"].items():
            (folder / name).write_text(replaced(text, moved))
        (folder / "users.xml").rename(folder / "users.rendered.xml")
        (folder / "secrets.xml").write_text(substitutions(s3))
        yield Server(folder, s3)


def objects(server: Server, bucket: str) -> list[str]:
    """Their names."""
    return [meta["path"] for some in open_store(replace(server.s3, bucket=bucket)).list() for meta in some]


def replaced(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def substitutions(s3: S3) -> str:
    """secrets.xml, as docs/operations.md has it."""
    hashes = {name: sha256(b"secret").hexdigest() for name in PASSWORDS}
    keys = {name: s3.access_key if name.endswith("access_key") else s3.secret_key for name in TEXTS if "_key" in name}
    found = {**dict.fromkeys(TEXTS, "secret"), **keys, **hashes}
    return f"<clickhouse>{''.join(f'<{name}>{text}</{name}>' for name, text in found.items())}</clickhouse>"


def successes(answers: Sequence[Result]) -> list[str]:
    """AssertionError for an error."""
    wrong = [each for each in answers if not isinstance(each, str)]
    assert wrong == []
    return [str(each).strip() for each in answers]
