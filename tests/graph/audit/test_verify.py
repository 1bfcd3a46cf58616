"""The exit status of the regulator's verifier: 0 only if it has read and verified all answers.

tests/integration/test_audit_evidence.py gives it real answers, and all kinds of forged ones.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tools.export import ROOT

LINK: Final = {
    "number": 1,
    "day": "2026-10-01",
    "amends": None,
    "storedBefore": "2026-10-03T00:00:00Z",
    "leaves": 0,
    "facts": 0,
    "root": "00" * 32,
    "previous": "00" * 32,
}
# SHA-256 over the netstrings of LINK, computed by hand.
HASH: Final = "e496801f1a599def76b3a1266180c1a2c1d110b83aa68f7a2d699fadfc5dc04d"
META: Final = {"tenantId": "t-1"}


def page(**more: Any) -> dict[str, Any]:
    evidence = {"closedUntil": "2026-10-02", "leaves": [], "links": [{**LINK, "hash": HASH}]}
    return {"data": [], "meta": META, "page": {"hasNextPage": False}, "evidence": evidence, **more}


def run(folder: Path, text: str | None, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs the verifier without any package. `text`: the file's content; None: no file."""
    if text is not None:
        (folder / "pages.jsonl").write_text(text)
    return subprocess.run(
        [sys.executable, "-I", "-S", *options, str(ROOT / "graph/audit/verify.py"), "pages.jsonl"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def forged(**more: Any) -> dict[str, Any]:
    evidence = page()["evidence"]
    return page(evidence={**evidence, "links": [{**evidence["links"][0], **more}]})


ROW: Final[Mapping[str, Any]] = {
    "at": "2026-10-01T00:00:00Z",
    "storedAt": "2026-10-02T00:00:00Z",
    "findings": [],
    **dict.fromkeys(
        ["accountId", "mno", "lane", "verdict", "evaluationId", "messageId", "ruleSetId", "ruleSetVersion"], "a"
    ),
    "tenantId": "t-1",
    "evaluationLatencyMs": 1,
}


@pytest.mark.parametrize("options", [(), ("-O",), ("-OO",)], ids=" ".join)
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "no JSON",
        "{}",
        "[]",
        "null",
        json.dumps(page(evidence=None)),
        json.dumps(page(page={"hasNextPage": True})),
        json.dumps(page()) + "\n" + json.dumps(page(meta={"tenantId": "t-2"})),
        json.dumps(forged(facts=1)),
        json.dumps(forged(root="11" * 32)),
        json.dumps(forged(hash="11" * 32)),
        json.dumps(page(data=[ROW])),
        "[" * 100_000,
    ],
)
def test_wrong_answers_are_not_verified(tmp_path: Path, text: str | None, options: Sequence[str]) -> None:
    done = run(tmp_path, text, *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("NOT VERIFIED: ")
    assert done.stderr.count("\n") == 1


def test_right_answers_are_verified(tmp_path: Path) -> None:
    done = run(tmp_path, json.dumps(page()))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"0 days with facts, 0 leaves; the newest link is 1: {HASH}; no link is in the log yet\n"


def test_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "graph/audit/verify.py")], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
