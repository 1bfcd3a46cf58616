"""Who is asking for a page: the API's authenticator decides, as for every request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from starlette.datastructures import Headers
from starlette.requests import Request

from graph.access import AccountScope, Authenticator, PlatformScope, Scope
from graph.errors import ForbiddenError
from graph.web.page import Page
from graph.web.personas import Persona, Personas


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking. `persona` is None unless a choice in `anlyt dev` says who it is."""

    scope: Scope
    persona: Persona | None = None

    @property
    def name(self) -> str:
        """How pages address the caller."""
        match self.scope:
            case PlatformScope():
                return {"admin": "Administration", "finance": "Finance"}[self.scope.role]
            case AccountScope():
                return self.scope.tenant_id or self.scope.account_id or self.scope.caller
            case _:
                assert_never(self.scope)

    def may_see(self, page: Page) -> bool:
        """Whether the caller's role may see a page."""
        return self.scope.role in page.readers

    def pages(self, pages: Sequence[Page]) -> Sequence[Page]:
        """The pages of the navigation that the caller may see."""
        return [page for page in pages if page.is_listed and self.may_see(page)]


async def identify(request: Request, authenticator: Authenticator, personas: Personas | None) -> Visitor:
    """Returns who is asking. The request counts against the caller's rate. Raises the errors of Authenticator.admit."""
    persona = personas.chosen(request) if personas else None
    headers = request.headers if persona is None else Headers(dict(persona.headers))
    return Visitor(await authenticator.admit(headers), persona)


def check_may_see(visitor: Visitor, page: Page) -> None:
    """Raises ForbiddenError unless the caller's role may see the page."""
    if not visitor.may_see(page):
        raise ForbiddenError(f"The page {page.title} is for other callers than {visitor.scope.caller}.")
