"""Lighthouse: scores of a page in a real Chromium, which it starts itself."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tools.assets import NODE
from tools.browser import OPTIONS
from tools.chromium import program
from tools.node import modules

CATEGORIES: Final = ("accessibility", "best-practices", "performance")


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of 0 to 100 by category; and the audits without a full score, with what they found."""

    scores: Mapping[str, int]
    shortcomings: Sequence[str]


async def lighthouse(url: str, headers: Mapping[str, str]) -> Scores:
    """The scores of the page at `url` on a desktop. Raises AssertionError with Lighthouse's log if it fails."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        modules() / "lighthouse" / "cli" / "index.js",
        url,
        "--preset=desktop",
        "--output=json",
        "--quiet",
        "--disable-full-page-screenshot",
        "--no-enable-error-reporting",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--extra-headers={msgspec.json.encode(dict(headers)).decode()}",
        f"--chrome-flags={' '.join(['--headless', '--no-sandbox', *OPTIONS])}",
        env={**os.environ, "CHROME_PATH": str(program())},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    return _scores(msgspec.json.decode(output))


def _scores(report: Any) -> Scores:
    scores = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    audits = [audit for audit in report["audits"].values() if audit["score"] is not None and audit["score"] < 1]
    return Scores(scores, [f"{audit['id']} {audit['score']}: {audit['title']}" for audit in audits])
