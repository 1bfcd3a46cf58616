"""What both clients share: requests, headers and retries. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import httpx

from anlyt_client.calls import Call
from anlyt_client.live import GRAPHQL_PATH, STREAM_HEADERS
from anlyt_client.retries import Retries
from anlyt_client.version import VERSION

Headers: TypeAlias = Mapping[str, str] | Callable[[], Mapping[str, str]]
AnyHttp: TypeAlias = httpx.Client | httpx.AsyncClient
USER_AGENT: Final = f"anlyt-client-python/{VERSION}"
DEFAULT_RETRIES: Final = Retries()


@dataclass(frozen=True, slots=True)
class Connection:
    """How requests are made. `caller` identifies the caller."""

    caller: Headers
    retries: Retries

    def request(self, http: AnyHttp, call: Call[Any]) -> httpx.Request:
        """The request of a call."""
        headers = {**self._headers(), **call.headers}
        return http.build_request(
            call.method, call.path, params=dict(call.params), content=call.content, headers=headers
        )

    def subscription(self, http: AnyHttp, content: bytes) -> httpx.Request:
        """The request of a stream of events."""
        return http.build_request("POST", GRAPHQL_PATH, content=content, headers={**self._headers(), **STREAM_HEADERS})

    def _headers(self) -> Mapping[str, str]:
        return {"User-Agent": USER_AGENT, **(self.caller() if callable(self.caller) else self.caller)}
