"""Checks validators against fresh answers: the same tag is never given to two different answers."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

# Sends one request, the same each time, with further headers.
Ask = Callable[[Mapping[str, str]], Awaitable[httpx.Response]]
_FRESHNESS: Final = re.compile('<p class="fresh">.*?</p>', re.DOTALL)


def comparable(answer: Any) -> Any:
    """An answer without what its validator leaves out."""
    match answer:
        case dict():
            kept = {
                name: comparable(value) for name, value in answer.items() if name not in {"elapsedMs", "completeUntil"}
            }
            if "dataAsOf" in kept and "window" in kept:
                kept["dataAsOf"] = min(kept["dataAsOf"] or "", kept["window"]["to"])
            if kept.get("verified"):
                kept["verified"] = {**kept["verified"], "at": None}
            return kept
        case list():
            return [comparable(each) for each in answer]
        case _:
            return answer


def answer_of(response: httpx.Response) -> Any:
    """The answer of a response, or its page, without what their validators leave out."""
    if response.headers["content-type"].startswith("text/html"):
        return _FRESHNESS.sub("", response.text)
    return comparable(response.json())


@dataclass(slots=True)
class SeenAnswers:
    """All answers that a caller was given for one request, by their tags."""

    ask: Ask
    by_tag: dict[str, Any] = field(default_factory=dict)
    not_modified: int = 0

    async def check(self) -> bool:
        """Requests the answer, fresh and with all tags so far. Returns whether it was not modified."""
        conditional = await self.ask({"If-None-Match": ", ".join(self.by_tag)} if self.by_tag else {})
        fresh = await self.ask({})
        assert fresh.status_code == 200, fresh.text
        answer, tag = answer_of(fresh), fresh.headers.get("etag")
        if conditional.status_code == 304:
            assert conditional.content == b""
            assert conditional.headers["cache-control"] == fresh.headers["cache-control"]
            known = self.by_tag[conditional.headers["etag"]]
            if conditional.headers["etag"] == tag:
                assert known == answer
            else:  # ClickHouse has merged parts, or a newer event was noticed, since the 304
                assert _numbers(known) == _numbers(answer)
            self.not_modified += 1
        if tag is not None:
            assert self.by_tag.setdefault(tag, answer) == answer
        return conditional.status_code == 304


def _numbers(answer: Any) -> Any:
    return [answer.get(name) for name in ("data", "totals", "mnos")]
