"""The list of all pages, in the order of the navigation. One module per page; `usage` also has `/accounts/{id}`."""

from typing import Final

from graph.web.page import Page
from graph.web.pages.accounts import ACCOUNTS
from graph.web.pages.cost_quality import COST_QUALITY
from graph.web.pages.dashboard import DASHBOARD
from graph.web.pages.explore import EXPLORE
from graph.web.pages.home import HOME
from graph.web.pages.mno_quality import MNO_QUALITY
from graph.web.pages.operators import OPERATOR
from graph.web.pages.reconciliation import RECONCILIATION
from graph.web.pages.status import STATUS
from graph.web.pages.usage import ACCOUNT, USAGE

PAGES: Final[tuple[Page, ...]] = (
    HOME,
    DASHBOARD,
    MNO_QUALITY,
    USAGE,
    COST_QUALITY,
    RECONCILIATION,
    EXPLORE,
    ACCOUNTS,
    STATUS,
    OPERATOR,
    ACCOUNT,
)
