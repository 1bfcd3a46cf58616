"""Verifies the evidence in answers of `POST /v1/audit/query`: `python verify.py pages.jsonl`.

The file has one answer per line: all pages of a query with `"evidence": true`, in order. Status 0: the tenant's facts
are unchanged since their days were closed. Status 1: they have changed, or the file has no such answers; a sentence on
stderr says where. Status 2: wrong usage.

The script needs only Python 3.11, so it can be copied to any machine with the answers.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

TEXTS = (
    *("tenantId", "accountId", "mno", "lane", "verdict", "evaluationId", "messageId", "ruleSetId"),
    *("ruleSetVersion", "evaluationLatencyMs"),
)
FINDING = ["ruleId", "ruleName", "ruleType", "action"]
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


def verified(pages: Sequence[Mapping[str, Any]]) -> str:
    """Checks all answers of a query. Returns a sentence with what was checked. Raises ForgedError."""
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
    return f"{len(days)} days with facts, {len(evidence['leaves'])} leaves; {head}"


def main(arguments: Sequence[str]) -> int:
    """Runs the command. Returns its exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python verify.py pages.jsonl\n")
        return 2
    try:
        with Path(arguments[0]).open(encoding="utf-8") as answers:
            sentence = verified([json.loads(answer) for answer in answers])
    except ForgedError as error:
        sys.stderr.write(f"NOT VERIFIED: {error}.\n")
        return 1
    except UNREADABLE as error:
        sys.stderr.write(f"NOT VERIFIED: {arguments[0]} does not have answers with evidence ({error!r}).\n")
        return 1
    sys.stdout.write(f"{sentence}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
