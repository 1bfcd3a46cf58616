"""Personas of `anlyt dev`: a person at a browser chooses whom to be, and a signed cookie keeps the choice.

Only `anlyt dev` offers personas. Without them, nothing reads the cookie. It identifies requests of pages only, never of
the API, and only requests that carry no identity of their own.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from graph.access.authenticator import IDENTITY_HEADERS
from graph.answer_headers import vary_by
from graph.errors import ForbiddenError, InvalidQueryError
from graph.http.bodies import read_form_body

PATH: Final = "/persona"
COOKIE: Final = "anlyt_persona"
NOBODY: Final = ""  # the choice that ends a persona


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to be. `headers`: the identity headers of her requests."""

    id: str
    label: str
    headers: Mapping[str, str]


class Personas:
    """The personas on offer. Cookies are signed with a key of this process, so a restart ends all choices."""

    def __init__(self, offered: Sequence[Persona]) -> None:
        self.offered = tuple(offered)
        self._by_id = {each.id: each for each in offered}
        self._key = secrets.token_bytes(32)

    def chosen(self, request: Request) -> Persona | None:
        """The persona of a request; None if it has its own identity, or no cookie with a valid signature."""
        vary_by("cookie")
        if any(name in request.headers for name in IDENTITY_HEADERS):
            return None
        name, _, signature = request.cookies.get(COOKIE, "").rpartition(".")
        valid = hmac.compare_digest(signature.encode(), self._signature(name).encode())
        return self._by_id.get(name) if valid else None

    async def choose(self, request: Request) -> Response:
        """Answers the form of the choice. Raises ForbiddenError unless a page of this origin sent it."""
        check_same_origin(request.headers, f"{request.url.scheme}://{request.url.netloc}")
        form = await read_form_body(request)
        name = form.get("persona", NOBODY)
        response = RedirectResponse(_own_path(form.get("next", "/")), 303, {"Cache-Control": "no-store"})
        if name == NOBODY:
            response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        elif name in self._by_id:
            value = f"{name}.{self._signature(name)}"
            response.set_cookie(COOKIE, value, httponly=True, samesite="strict")
        else:
            raise InvalidQueryError(f"persona must be one of {', '.join(self._by_id)}.")
        return response

    def _signature(self, name: str) -> str:
        return hmac.digest(self._key, name.encode("utf-8", "surrogatepass"), "sha256").hex()


def check_same_origin(headers: Headers, own: str) -> None:
    """Raises ForbiddenError unless the browser says that a page of the origin `own` sent the request."""
    site = headers.get("sec-fetch-site", "same-origin")
    if headers.get("origin") != own or site != "same-origin":
        raise ForbiddenError("Only this site's own pages may choose a persona.")


def _own_path(text: str) -> str:
    """`text` if it is a path of this server, else the first page."""
    parts = urlsplit(text)
    is_own = not parts.scheme and not parts.netloc and text.startswith("/") and "\\" not in text and text.isprintable()
    return text if is_own and not text.startswith("//") else "/"
