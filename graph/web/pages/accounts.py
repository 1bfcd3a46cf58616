"""`/accounts`: opens the page of an account by its id, and lists the accounts for administrators."""

from dataclasses import dataclass
from typing import Final

from graph.access import ID_PATTERN
from graph.http.parameters import Parameter, read_id
from graph.lists.id_lists import ACCOUNTS as ACCOUNT_IDS
from graph.lists.id_lists import IdPage, page
from graph.web.page import PLATFORM, Elsewhere, Page, PageRequest
from graph.web.panel import Panel

SHOWN: Final = 100  # accounts on a page

_ID: Final = {"type": "string", "pattern": ID_PATTERN}
ID: Final = Parameter("id", _ID, "The account whose page to open.")
AFTER: Final = Parameter("after", _ID, "The account behind which the list begins.")


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """`found`: the list, for administrators; None for finance, which may not read it."""

    found: Panel[IdPage] | None


async def load(request: PageRequest) -> AccountsPage | Elsewhere:
    """Loads the list; with an id, leads to the page of that account. Raises InvalidQueryError."""
    values, reader = request.form.values, request.sources.reader
    if account_id := read_id(ID, values):
        return Elsewhere(f"/accounts/{account_id}")
    if request.scope.role != "admin":
        return AccountsPage(None)
    listed = page(reader, request.scope, ACCOUNT_IDS, SHOWN, read_id(AFTER, values), descending=False)
    return AccountsPage(await request.panel(listed))


ACCOUNTS: Final = Page(
    path="/accounts",
    name="accounts",
    title="Accounts",
    about="What one account sent, what was delivered, and what it cost.",
    readers=PLATFORM,
    load=load,
    parameters=(ID, AFTER),
)
