"""The callers who ask, one of each kind, and the names under which they read networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.graph.support.api import ADMIN
from tests.graph.support.queries import tenant

PSEUDONYMS: Final = {
    "AWCC": "MNO-B",
    "ROSHAN": "MNO-A",
    "MTN_AF": "MNO-C",
    "ETISALAT_AF": "MNO-D",
    "SALAAM": "MNO-E",
    "unknown": "unknown",
}
UNDER_ADDENDUM: Final = "t-2"


@dataclass(frozen=True, slots=True)
class Caller:
    """`tenant`: whose facts it reads; None: everybody's. `masked`: whether it reads networks as pseudonyms."""

    headers: Mapping[str, str]
    tenant: str | None = None
    masked: bool = False

    @property
    def pseudonyms(self) -> Mapping[str, str] | None:
        return PSEUDONYMS if self.masked else None


CALLERS: Final[Mapping[str, Caller]] = {
    "admin": Caller(ADMIN),
    "finance": Caller({"X-Caller": "finance-dashboard"}),
    "t-1": Caller({**tenant("t-1"), "X-Account-Id": "a-1"}, "t-1", masked=True),
    UNDER_ADDENDUM: Caller({**tenant(UNDER_ADDENDUM), "X-Account-Id": "a-2"}, UNDER_ADDENDUM),
}
PLATFORM: Final = ("admin", "finance")
NAME_THEM: Final = "insert into anlyt.mno_pseudonyms (tenant_id, mno, pseudonym) values ($1, $2, $3)"
UNMASK: Final = "insert into anlyt.data_share_addenda (tenant_id, valid_from) values ($1, now() - interval '1 day')"
