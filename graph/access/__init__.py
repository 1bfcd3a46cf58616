"""Who is calling, and what that caller may see."""

from graph.access.authenticator import Authenticator, make_authenticator
from graph.access.scope import (
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
    "Authenticator",
    "PlatformScope",
    "Scope",
    "Subject",
    "SubjectId",
    "account",
    "administration",
    "checked_id",
    "make_authenticator",
    "operator",
    "platform",
    "reads",
]
