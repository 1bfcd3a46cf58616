"""Who is calling, and what that caller may see."""

from graph.identity.door import Door, make_door
from graph.identity.scope import (
    ID_PATTERN,
    PLATFORM,
    AccountScope,
    PlatformScope,
    Scope,
    Subject,
    SubjectId,
    account,
    administration,
    checked_id,
    operator,
    platform,
    reads,
)

__all__ = [
    "ID_PATTERN",
    "PLATFORM",
    "AccountScope",
    "Door",
    "PlatformScope",
    "Scope",
    "Subject",
    "SubjectId",
    "account",
    "administration",
    "checked_id",
    "make_door",
    "operator",
    "platform",
    "reads",
]
