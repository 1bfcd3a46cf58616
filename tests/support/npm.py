"""Runs Node scripts, with the npm packages that `make test` installs."""

import asyncio
from pathlib import Path
from typing import Final, NamedTuple

from tools.assets import NODE, environment_with_node
from tools.node import INSTALLED, MISSING, PATIENCE

MODULES: Final = INSTALLED / "node_modules"


class Completed(NamedTuple):
    """The exit status of a process, and its output."""

    returncode: int
    out: str
    error: str


async def run_node(*command: str | Path) -> str:
    """Runs a script; returns its stdout. Raises AssertionError with its output if it fails."""
    code, out, error = await complete(await start_node(*command))
    assert code == 0, f"{out}{error}"
    return out


async def complete(process: asyncio.subprocess.Process) -> Completed:
    """Waits for a process with pipes. Kills it after PATIENCE seconds and raises TimeoutError."""
    try:
        async with asyncio.timeout(PATIENCE):
            out, error = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return Completed(process.returncode, out.decode(), error.decode())


async def start_node(*command: str | Path) -> asyncio.subprocess.Process:
    """Starts a script, which finds the packages from any folder and sends no telemetry."""
    assert MODULES.is_dir(), MISSING
    environment = {**environment_with_node(), "NODE_PATH": str(MODULES), "REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(NODE, *command, stdout=pipe, stderr=pipe, env=environment)


def command(name: str) -> Path:
    """The path of the script behind a package's command."""
    return (MODULES / ".bin" / name).resolve()
