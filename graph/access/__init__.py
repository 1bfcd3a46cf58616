"""Authentication and authorization: who is calling, and what that caller may see.

`authenticator` identifies callers by `tokens` (with `jwks`), `mesh` or `callers`, and applies `rate_limit`. `scope` and
`disclosure` say what each caller may read. `pseudonyms` and `addenda_log` protect the names of MNOs. `cursors` signs
page cursors, and `budget` limits queries.
"""

from graph.access.authenticator import Authenticator, identity_headers, make_authenticator
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
    readable_extent,
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
    "identity_headers",
    "make_authenticator",
    "operator",
    "platform",
    "readable_extent",
]
