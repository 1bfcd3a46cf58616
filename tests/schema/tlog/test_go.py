"""Go's own implementation agrees: golang.org/x/mod/sumdb/tlog checks trees, proofs and tiles, and note checks notes."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schema.tlog.checkpoints import Checkpoint
from schema.tlog.merkle import EMPTY
from schema.tlog.notes import Note, Signer, signed_note
from tests.support.tlog_trees import MemoryLog, random_log
from tools.golang import build

SOURCE = Path(__file__).with_name("check.go")
SEED = 1805


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled `check.go`."""
    path = tmp_path_factory.mktemp("go") / "check"
    build(SOURCE, path)
    return path


def differences(program: Path, case: Mapping[str, Any]) -> list[str]:
    run = subprocess.run([program], input=json.dumps(case), capture_output=True, text=True, timeout=60, check=True)
    return run.stdout.splitlines()


def text(content: bytes) -> str:
    return b64encode(content).decode()


def texts(hashes: Sequence[bytes]) -> list[str]:
    return [text(each) for each in hashes]


@pytest.mark.parametrize("size", [1, 2, 7, 255, 256, 257, 700])
def test_trees_proofs_and_tiles(program: Path, size: int) -> None:
    random = Random(SEED + size)
    log = random_log(random, size)
    pairs = [(random.randrange(each), each) for each in (random.randrange(1, size + 1) for _ in range(150))]
    assert differences(program, _case(log, pairs)) == []


@pytest.mark.parametrize("size", [2, 300])
def test_wrong_proofs_are_refused_by_go_as_by_us(program: Path, size: int) -> None:
    random = Random(SEED + size)
    log = random_log(random, size)
    pairs = [(random.randrange(each), each) for each in (random.randrange(2, size + 1) for _ in range(50))]
    case = _case(log, pairs)
    for each in [*case["Inclusions"], *case["Consistency"]]:
        if each["Proof"]:
            each["Proof"][random.randrange(len(each["Proof"]))] = text(random.randbytes(32))
            each["Valid"] = False
    assert differences(program, case) == []


def test_the_checker_finds_differences(program: Path) -> None:
    """It is no test that cannot fail: a wrong root, tile and signature are reported."""
    case = _case(random_log(Random(SEED), 300), [(3, 200)])
    case["Roots"][7] = text(bytes(32))
    case["Tiles"][0]["Hashes"] = text(bytes(8192))
    case["Notes"] = [{"Text": "log\n\n— log AAAAAAAA\n", "Keys": [], "Names": ["log"], "Witnesses": []}]
    found = differences(program, case)
    assert {line.split()[0] for line in found} >= {"root", "tile", "leaf", "note"}


def _case(log: MemoryLog, pairs: Sequence[tuple[int, int]]) -> dict[str, Any]:
    size = len(log.entries)
    return {
        "Entries": texts(log.entries),
        "Roots": texts([EMPTY, *(log.root(each) for each in range(1, size + 1))]),
        "Inclusions": [
            {"Number": number, "Size": each, "Proof": texts(log.inclusion(number, each)), "Valid": True}
            for number, each in pairs
        ],
        "Consistency": [
            {"Old": old + 1, "Size": each, "Proof": texts(log.consistency(old + 1, each)), "Valid": True}
            for old, each in pairs
        ],
        "Tiles": [{"Path": tile.path, "Hashes": text(b"".join(log.tile(tile)))} for tile in log.served_tiles()],
    }


def test_notes_of_several_keys_and_witnesses(program: Path) -> None:
    random = Random(SEED)
    old, new = (Signer("anlyt.example/log", _key(random)) for _ in range(2))
    first, second = (Signer(f"witness-{number}.example", _key(random)) for number in (1, 2))
    bare = signed_note(Checkpoint("anlyt.example/log", 9, random.randbytes(32)).text, [old, new])
    note = Note(bare.text, [*bare.signatures, first.cosign(bare.text, 1_790_000_000)])
    changed = str(note).replace("\n9\n", "\n8\n")
    witnesses = [
        {"Name": key.name, "Key": text(key.key), "Id": int.from_bytes(key.id)}
        for key in (first.witness, second.witness)
    ]
    keys = [old.verifier.text, new.verifier.text]
    given = [
        {"Text": str(note), "Keys": keys, "Names": [old.name, new.name, first.name], "Witnesses": witnesses},
        {"Text": str(note), "Keys": keys[1:], "Names": [new.name, first.name], "Witnesses": witnesses},
        {"Text": str(note), "Keys": keys[:1], "Names": [old.name], "Witnesses": witnesses[1:]},
        {"Text": changed, "Keys": keys, "Names": [], "Witnesses": witnesses},
    ]
    assert differences(program, {"Notes": given}) == []


def _key(random: Random) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
