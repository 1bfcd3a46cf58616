"""Packages of npm that `make test` installs: scripts that use them, and their commands."""

import asyncio
from pathlib import Path
from typing import Final

from tools.assets import NODE, node_first
from tools.node import INSTALLED, MISSING, PATIENCE

MODULES: Final = INSTALLED / "node_modules"


async def run_node(*command: str | Path) -> str:
    """Stdout of a script; AssertionError with its stderr when it fails."""
    process = await start_node(*command)
    try:
        async with asyncio.timeout(PATIENCE):
            out, error = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, f"{out.decode()}{error.decode()}"
    return out.decode()


async def start_node(*command: str | Path) -> asyncio.subprocess.Process:
    """A script under way. It finds the packages, wherever it lies itself, and reports to nobody."""
    assert MODULES.is_dir(), MISSING
    environment = {**node_first(), "NODE_PATH": str(MODULES), "REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(NODE, *command, stdout=pipe, stderr=pipe, env=environment)


def command(name: str) -> Path:
    """The script of a package's command."""
    return (MODULES / ".bin" / name).resolve()
