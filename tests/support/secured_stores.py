"""PostgreSQL and NATS that ask for passwords, and OpenBao with its agent, which writes them to files."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.embedded.postgres import postgres_server
from tests.support.charts import SERVICE, containers, environment, pods
from tests.support.database import TEMPLATE, connected, make_template

# The engine's own user needs no password: the test itself uses it.
HBA: Final = "host all anlyt 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
PREFIX: Final = "vault.hashicorp.com/agent-inject-template-"


@asynccontextmanager
async def secured_postgres(folder: Path) -> AsyncIterator[Engine]:
    """A PostgreSQL with a migrated database, on which users other than its owner need a password."""
    async with postgres_server(folder) as engine:
        await make_template(engine)
        (engine.folder / "data" / "pg_hba.conf").write_text(HBA)
        async with connected(dsn_of(engine)) as connection:
            await connection.execute("select pg_reload_conf()")
        yield engine


def dsn_of(engine: Engine, user: str = "anlyt", password: str = "") -> str:
    """A DSN of the migrated database."""
    return f"postgresql://{user}:{password}@127.0.0.1:{engine.port}/{TEMPLATE}"


async def add_user(engine: Engine, name: str, password: str) -> None:
    """Adds a user with the owner's rights, as whom it acts."""
    async with connected(dsn_of(engine)) as connection:
        await connection.execute(f"create role {name} login password '{password}' in role anlyt")
        await connection.execute(f"alter role {name} set role anlyt")


async def remove_user(engine: Engine, name: str) -> None:
    """Removes a user and ends its sessions."""
    async with connected(dsn_of(engine)) as connection:
        await connection.execute(f"alter role {name} nologin")
        await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", name)


def accounts(*users: str) -> Mapping[str, Any]:
    """NATS' configuration for users whose password is their name twice."""
    return {"authorization": {"users": [{"user": user, "password": 2 * user} for user in users]}}


@asynccontextmanager
async def secured_nats(folder: Path, *users: str) -> AsyncIterator[Engine]:
    async with nats_server(folder, settings=accounts(*users)) as engine:
        yield engine


def change_users(engine: Engine, *users: str) -> None:
    """Replaces the users of a running NATS, which disconnects the removed ones."""
    file = engine.folder / "nats.conf"
    file.write_text(json.dumps({**json.loads(file.read_text()), **accounts(*users)}))
    os.kill(engine.pid, signal.SIGHUP)


@dataclass(frozen=True)
class Pod:
    """What the chart says of a pod with Vault's agent. `templates`: file -> the agent's template."""

    variables: Mapping[str, str]
    templates: Mapping[str, str]

    def settings(self, files: Path) -> Mapping[str, str]:
        """The settings from files, which the agent writes to another folder here than in a pod."""
        secret = {name: path for name, path in self.variables.items() if name.endswith("_FILE")}
        return {name: path.replace("/run/secrets/anlyt", str(files)) for name, path in secret.items()}


def pod(name: str) -> Pod:
    """A pod of the chart with `secrets.vault.enabled`."""
    manifests = SERVICE.manifests(secrets={"existingSecret": "", "vault": {"enabled": True}})
    [found] = [each for each_name, each in pods(manifests) if each_name == name]
    annotations = found["metadata"]["annotations"]
    templates = {key.removeprefix(PREFIX): text for key, text in annotations.items() if key.startswith(PREFIX)}
    return Pod(environment(containers(found)[0]), templates)


async def eventually(check: Any, seconds: float = 60) -> Any:
    """The first true result of an async function, which is called again until then."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.1)
    return found
