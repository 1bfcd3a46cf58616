"""The security headers of all pages, their files and their errors."""

from collections.abc import Mapping, Sequence
from typing import Final

# Pages run and load only what this origin serves; nothing is inline. A page sends forms only to this origin.
_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
)
# `private`: another caller's answer. `no-cache`: the figures are read again at each visit, but Back shows them at once.
PRIVATE: Final = "private, no-cache"


def content_security_policy(frame_ancestors: Sequence[str]) -> str:
    """The policy. `frame_ancestors`: origins that may embed pages."""
    allowed = " ".join(frame_ancestors) or "'none'"
    return "; ".join((*_POLICY, f"frame-ancestors {allowed}"))


def security_headers(frame_ancestors: Sequence[str]) -> Mapping[str, str]:
    """The headers of every response of pages.

    The referrer policy is not `no-referrer`, with which browsers would send forms with `Origin: null`.
    """
    return {
        "Content-Security-Policy": content_security_policy(frame_ancestors),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
