"""GraphiQL, served from here, with a tab for each kind of caller. For development."""

import json
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from graph.errors import NotFoundError

_FOLDER: Final = Path(__file__).parent / "graphiql"
_TYPES: Final = {
    "graphiql.min.css": "text/css",
    "graphiql.min.js": "text/javascript",
    "react.production.min.js": "text/javascript",
    "react-dom.production.min.js": "text/javascript",
}
# What the page itself does is inline; nothing comes from elsewhere.
_POLICY: Final = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
_SOURCES: Final = "img-src 'self' data:; font-src data:; connect-src 'self'"

DASHBOARD: Final = """# admin-dashboard: the platform, its operators, how fresh it all is
query Dashboard {
  summary(granularity: HOURLY) {
    totalMessages deliveryRate pendingShare provisional p95LatencyMs totalCost costsByCurrency
    dataAsOf completeUntil
    series { time totalMessages deliveryRate quality }
  }
  operators(first: 20) {
    edges { node { operatorId performance { totalMessages deliveryRate p95LatencyMs lowSample } } }
    pageInfo { hasNextPage endCursor }
  }
  freshness { completeUntil projections { projection dataAsOf lagSeconds } }
}
"""
PORTAL: Final = """# customer-portal: one account, its own
query Portal($account: ID!) {
  account(id: $account) {
    messagesSent messagesDelivered deliveryRate provisional totalCost costsByCurrency avgCostPerMessage
    dailyBreakdown { date sent delivered failed cost quality }
  }
}
"""
FINANCE: Final = """# finance-dashboard: what operators and accounts cost
query Finance {
  topOperators(limit: 5, granularity: DAILY) { operators { operatorId totalMessages totalCost costsByCurrency } }
  account(id: "acc-0001") { segments totalCost costsByCurrency avgCostPerMessage }
}
"""
ROUTES: Final = """# customer-portal: how well each network carries the tenant's messages
query PortalRoutes {
  mnoQuality {
    mnos { mno messages terminal share deliveryRate esmeErrorRate p50LatencyMs p95LatencyMs suppressed lowSample }
    dataAsOf
  }
}
"""
COSTS: Final = """# finance-dashboard: cost against quality, a scatter plot of networks
query FinanceCosts {
  costQuality {
    mnos { mno currency costPerDelivered deliveryRate messages days { date costPerDelivered deliveryRate messages } }
  }
}
"""
_PORTAL_HEADERS: Final = {"X-Caller": "customer-portal", "X-Tenant-Id": "tenant-001", "X-Account-Id": "acc-0001"}
TABS: Final = (
    {"query": DASHBOARD, "headers": {"X-Caller": "admin-dashboard"}, "variables": {}},
    {"query": PORTAL, "headers": _PORTAL_HEADERS, "variables": {"account": "acc-0001"}},
    {"query": ROUTES, "headers": _PORTAL_HEADERS, "variables": {}},
    {"query": FINANCE, "headers": {"X-Caller": "finance-dashboard"}, "variables": {}},
    {"query": COSTS, "headers": {"X-Caller": "finance-dashboard"}, "variables": {}},
)


def asset_route(path: str) -> Route:
    """What the page is made of."""
    return Route(f"{path}/assets/{{name}}", _asset, methods=["GET"])


def page() -> Response:
    """The page; each tab asks as its own caller, by headers that can be edited."""
    tabs = [{**tab, **{key: json.dumps(tab[key], indent=2) for key in ("headers", "variables")}} for tab in TABS]
    # In a script, only "</" could end it early.
    text = (_FOLDER / "page.html").read_text().replace("__TABS__", json.dumps(tabs).replace("</", "<\\/"))
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY + _SOURCES})


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _TYPES:
        raise NotFoundError("There is no such part of GraphiQL.")
    packed = (_FOLDER / f"{name}.gz").read_bytes()
    return Response(packed, media_type=_TYPES[name], headers={"Content-Encoding": "gzip"})
