"""Verifies the evidence in answers of `POST /v1/audit/query`: `python verify.py pages.jsonl [CHECKPOINT [KEY]]`.

The file has one answer per line: all pages of a query with `"evidence": true`, in order. CHECKPOINT is a file with a
checkpoint of the transparency log that was kept: the log must still begin with it. KEY is the log's verifier key, such
as example.com/log+1a2b3c4d+AbCd...: it must have signed the checkpoint in the answers. Status 0: the tenant's facts are
unchanged since their days were closed. Status 1: they have changed, or the file has no such answers; a sentence on
stderr says where. Status 2: wrong usage.

The script needs only Python 3.11, so it can be copied to any machine with the answers.
"""

import json
import sys
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

TEXTS = (
    *("tenantId", "accountId", "mno", "lane", "verdict", "evaluationId", "messageId", "ruleSetId"),
    *("ruleSetVersion", "evaluationLatencyMs"),
)
FINDING = ["ruleId", "ruleName", "ruleType", "action"]
LATEST = 2 * 86_400 * 10**6  # microseconds, within which a link is in the log
# The errors of reading JSON with another structure.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)


class ForgedError(Exception):
    """The facts or the evidence have changed."""


def check(condition: bool, why: str) -> None:
    """Raises ForgedError unless the condition holds. (`assert` does nothing under `python -O`.)"""
    if not condition:
        raise ForgedError(why)


def pack(*values: object) -> bytes:
    """The values as netstrings."""
    return b"".join(b"%d:%s," % (len(text), text) for text in (str(value).encode() for value in values))


def micros(time: str) -> int:
    """Microseconds since 1970."""
    return (datetime.fromisoformat(time) - datetime.fromisoformat("1970-01-01T00:00:00Z")) // timedelta(microseconds=1)


def fact_hash(row: Mapping[str, Any]) -> bytes:
    """The hash of one fact of an answer."""
    found = [finding[name] for finding in row["findings"] for name in FINDING]
    return sha256(pack(micros(row["at"]), micros(row["storedAt"]), *(row[name] for name in TEXTS), *found)).digest()


def root_of(hash_: bytes, path: Iterable[str]) -> str:
    """The root of the tree, in hexadecimal, from the hash of a leaf and its path."""
    for step in path:
        sibling = bytes.fromhex(step[1:])
        hash_ = sha256(b"\1" + (sibling + hash_ if step[0] == "L" else hash_ + sibling)).digest()
    return hash_.hex()


def facts_by_day(pages: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[int, bytes]]]:
    """By UTC day: the time at which each fact was stored and its hash, in the order of the answers."""
    days: dict[str, list[tuple[int, bytes]]] = {}
    for row in (row for page in pages for row in page["data"]):
        days.setdefault(row["at"][:10], []).append((micros(row["storedAt"]), fact_hash(row)))
    return days


def check_links(links: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """The links by number. Checks the hash of each, and that each follows the previous one."""
    found: dict[int, Mapping[str, Any]] = {}
    before = None
    for link in links:
        number, cut = link["number"], micros(link["storedBefore"])
        content = (number, link["day"], link["amends"] or "", cut, link["leaves"], link["facts"], link["root"])
        hash_ = sha256(pack(link["previous"], *content)).hexdigest()
        check(hash_ == link["hash"], f"link {number} does not match its hash")
        check(before in (None, link["previous"]), f"link {number} does not follow the previous link")
        found[number], before = link, link["hash"]
    return found


def check_leaf(
    tenant: str, leaf: Mapping[str, Any], facts: Sequence[tuple[int, bytes]], links: Mapping[int, Mapping[str, Any]]
) -> None:
    """Checks that a leaf covers the facts of its day, and is in its link."""
    day, cut, count = leaf["day"], micros(leaf["storedBefore"]), leaf["facts"]
    hashes = [hash_ for stored, hash_ in facts if stored < cut]
    digest = sha256(b"".join(hashes)).hexdigest()
    check((len(hashes), digest) == (count, leaf["digest"]), f"{day}: the {count} facts of leaf {leaf['number']} differ")
    content = b"\0" + pack(tenant, leaf["number"], day, cut, count, leaf["digest"])
    check(leaf["link"] in links, f"{day}: link {leaf['link']} is missing")
    root = root_of(sha256(content).digest(), leaf["path"])
    check(root == links[leaf["link"]]["root"], f"{day}: leaf {leaf['number']} is not in link {leaf['link']}")


def check_added(
    days: Mapping[str, Sequence[tuple[int, bytes]]],
    evidence: Mapping[str, Any],
    links: Mapping[int, Mapping[str, Any]],
) -> None:
    """Checks that leaves cover all facts of closed days that were stored before the day was closed."""
    settled = max((micros(link["storedBefore"]) for link in links.values() if link["amends"] is None), default=0)
    for day, facts in days.items():
        known = max((leaf["facts"] for leaf in evidence["leaves"] if leaf["day"] == day), default=0)
        added = sum(stored < settled for stored, _ in facts) - known
        check(added <= 0 or day >= (evidence["closedUntil"] or ""), f"{day}: no leaf covers {added} facts")


def included(leaf: bytes, number: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that follows from an inclusion proof (RFC 9162, 2.1.3.2). Raises ForgedError if its length is wrong."""
    at, last = number, size - 1
    check(0 <= at <= last, f"the log of {size} entries has no entry {number}")
    for hash_ in proof:
        check(last > 0, "the inclusion proof is too long")
        if at & 1 or at == last:
            leaf = node(hash_, leaf)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            leaf = node(leaf, hash_)
        at, last = at >> 1, last >> 1
    check(last == 0, "the inclusion proof is too short")
    return leaf


def roots(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Both roots that follow from a consistency proof (RFC 9162, 2.1.4.2). Raises ForgedError."""
    check(old <= size, "the kept checkpoint is newer than the answers; keep theirs from now on")
    if old in (0, size):
        check(not proof, "the consistency proof is too long")
        return (sha256().digest(), root) if old == 0 else (root, root)
    rest = list(proof) if old & (old - 1) else [old_root, *proof]
    check(bool(proof), "the consistency proof is too short")
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = rest[0]
    for hash_ in rest[1:]:
        check(last > 0, "the consistency proof is too long")
        if at & 1 or at == last:
            before, after = node(hash_, before), node(hash_, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, hash_)
        at, last = at >> 1, last >> 1
    check(last == 0, "the consistency proof is too short")
    return before, after


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node of a Merkle tree."""
    return sha256(b"\1" + left + right).digest()


def read_checkpoint(note: str) -> tuple[str, int, bytes]:
    """The origin, size and root of a checkpoint."""
    origin, size, root = note.split("\n")[:3]
    return origin, int(size), b64decode(root, validate=True)


def check_log(evidence: Mapping[str, Any], links: Mapping[int, Mapping[str, Any]], kept: str | None) -> str:
    """Checks that the links are in the log, and that it begins with the kept checkpoint. Returns what was checked."""
    log = evidence.get("log")
    if log is None:
        check(kept is None, "the answers have no proof that the links are in the log")
        return "no link is in the log yet"
    origin, size, root = read_checkpoint(log["checkpoint"])
    entry, link = log["entry"], links.get(log["entry"]["link"])
    if link is None:
        raise ForgedError(f"link {entry['link']} of the log's entry is missing")
    digest = sha256(pack("compliance", link["number"], link["hash"])).hexdigest()
    content = pack("link", f"link/compliance/{link['number']}", "", link["day"], digest)
    commitment = sha256(bytes.fromhex(entry["nonce"]) + content).hexdigest()
    leaf = sha256(b"\0" + pack("anlyt-tlog/1", "link", micros(entry["loggedAt"]), commitment)).digest()
    newest = micros(links[max(links)]["storedBefore"])
    check(newest - micros(entry["loggedAt"]) <= LATEST, f"the links after {link['number']} are not in the log")
    found = included(leaf, entry["number"], size, [bytes.fromhex(step) for step in log["proof"]])
    check(found == root, f"link {link['number']} is not in the log")
    if kept is not None:
        old_origin, old, old_root = read_checkpoint(kept)
        check(old_origin == origin, f"the kept checkpoint is of another log, {old_origin}")
        check(log["consistency"] is not None or old >= size, f'the query had no "logSize": {old}')
        steps = [bytes.fromhex(step) for step in log["consistency"] or ()]
        check(roots(old, old_root, size, root, steps) == (old_root, root), f"the log was rewritten below size {old}")
    return f"link {link['number']} is in the log of size {size}"


def verified(pages: Sequence[Mapping[str, Any]], kept: str | None = None, key: str | None = None) -> str:
    """Checks all answers of a query. Returns a sentence with what was checked. Raises ForgedError.

    `kept`: the text of an older checkpoint; `key`: the log's verifier key.
    """
    check(bool(pages), "there is no answer")
    tenant, evidence = pages[0]["meta"]["tenantId"], pages[0]["evidence"]
    check(evidence is not None, "the first answer has no evidence")
    for page in pages:
        check(page["meta"]["tenantId"] == tenant, "the answers are about several tenants")
    check(not pages[-1]["page"]["hasNextPage"], "the last page is missing")
    days, links = facts_by_day(pages), check_links(evidence["links"])
    for leaf in evidence["leaves"]:
        check_leaf(tenant, leaf, days.get(leaf["day"], []), links)
    check_added(days, evidence, links)
    newest = max(links, default=None)
    head = "there is no link yet" if newest is None else f"the newest link is {newest}: {links[newest]['hash']}"
    log = check_log(evidence, links, kept)
    if key is not None:
        check(evidence.get("log") is not None, "the answers have no checkpoint that could be signed")
        check(is_signed(evidence["log"]["checkpoint"], key), "the checkpoint has no valid signature of this key")
    return f"{len(days)} days with facts, {len(evidence['leaves'])} leaves; {head}; {log}"


def is_signed(note: str, key: str) -> bool:
    """Whether one of the signatures of a note (C2SP signed-note) is valid for a verifier key NAME+ID+KEY."""
    name, _, encoded = key.split("+", 2)
    public = b64decode(encoded, validate=True)
    check(public[:1] == b"\1" and len(public) == 33, "this key is no Ed25519 key")
    text, _, lines = note.rpartition("\n\n")
    prefix = sha256(f"{name}\n".encode() + public).digest()[:4]
    signatures = [b64decode(line.split(" ")[2]) for line in lines.splitlines() if line.startswith(f"\u2014 {name} ")]
    return any(
        signature[:4] == prefix and is_valid(public[1:], f"{text}\n".encode(), signature[4:])
        for signature in signatures
    )


# Ed25519 (RFC 8032, 5.1): points of the curve as (x, y) over the field of P, in affine coordinates.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1
Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    """The sum of two points."""
    (x, y), (u, v) = one, other
    product = D * x * u * y * v
    return (x * v + u * y) * pow(1 + product, -1, P) % P, (y * v + x * u) * pow(1 - product, -1, P) % P


def times(factor: int, point: Point) -> Point:
    """The multiple of a point."""
    total = 0, 1
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def point_of(encoded: bytes) -> Point:
    """The point of its 32 bytes. Raises ForgedError if there is none."""
    y, sign = int.from_bytes(encoded, "little") & (1 << 255) - 1, encoded[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT % P
    check(y < P and x * x % P == square and not (x == 0 and sign), "a key or signature is no point of the curve")
    return (x if x & 1 == sign else P - x), y


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_valid(public: bytes, text: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature of a text is valid."""
    if len(signature) != 64 or (scalar := int.from_bytes(signature[32:], "little")) >= ORDER:
        return False
    challenge = int.from_bytes(sha512(signature[:32] + public + text).digest(), "little") % ORDER
    return times(scalar, BASE) == add(point_of(signature[:32]), times(challenge, point_of(public)))


def verified_files(pages: str, checkpoint: str | None = None, key: str | None = None) -> str:
    """Checks the answers in a file. Returns a sentence with what was checked. Raises ForgedError."""
    try:
        kept = Path(checkpoint).read_text(encoding="utf-8") if checkpoint is not None else None
        with Path(pages).open(encoding="utf-8") as answers:
            return verified([json.loads(answer) for answer in answers], kept, key)
    except UNREADABLE as error:
        what = (
            f"{pages} does not have answers with evidence"
            if key is checkpoint is None
            else "a file or the key is wrong"
        )
        raise ForgedError(f"{what} ({error!r})") from None


def main(arguments: Sequence[str]) -> int:
    """Runs the command. Returns its exit status."""
    if not 1 <= len(arguments) <= 3:
        sys.stderr.write("usage: python verify.py pages.jsonl [CHECKPOINT [KEY]]\n")
        return 2
    try:
        sentence = verified_files(*arguments)
    except ForgedError as error:
        sys.stderr.write(f"NOT VERIFIED: {error}.\n")
        return 1
    sys.stdout.write(f"{sentence}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
