"""GraphiQL for development, with one tab per kind of caller."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from graph.errors import NotFoundError
from graph.http.assets import MISSING, read_asset

_PAGE: Final = Path(__file__).parent / "graphiql.html"
_PARTS: Final = ("graphiql.min.css", "graphiql.min.js", "react.production.min.js", "react-dom.production.min.js")
# The page has inline scripts and styles, and loads all else from this server.
_POLICY: Final = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
_SOURCES: Final = "img-src 'self' data:; font-src data:; connect-src 'self'"


class Tab(NamedTuple):
    """A tab of GraphiQL: a document, the headers of its caller, and variables."""

    query: str
    headers: Mapping[str, str]
    variables: Mapping[str, str] = MappingProxyType({})


DASHBOARD: Final = """# admin-dashboard: the platform, its operators, and freshness
query Dashboard {
  summary(last: "24h", granularity: HOURLY) {
    totalMessages refundedMessages deliveryRate pendingShare provisional p95LatencyMs totalCost costsByCurrency
    dataAsOf completeUntil
    series { time totalMessages deliveryRate quality }
  }
  operators(first: 20) {
    edges { node { operatorId performance(last: "24h") { totalMessages deliveryRate p95LatencyMs lowSample } } }
    pageInfo { hasNextPage endCursor }
  }
  freshness { completeUntil projections { projection dataAsOf lagSeconds } }
}
"""
PORTAL: Final = """# customer-portal: the caller's own account
query Portal($account: ID!) {
  account(id: $account, last: "7d") {
    messagesSent refundedMessages messagesDelivered deliveryRate provisional totalCost costsByCurrency avgCostPerMessage
    dailyBreakdown { date sent delivered failed cost quality }
  }
}
"""
FINANCE: Final = """# finance-dashboard: the cost of operators and accounts
query Finance {
  topOperators(last: "7d", limit: 5, granularity: DAILY) {
    operators { operatorId totalMessages totalCost costsByCurrency }
  }
  account(id: "acc-0001", last: "7d") { segments totalCost costsByCurrency avgCostPerMessage }
}
"""
ROUTES: Final = """# customer-portal: the quality of each network for the tenant's messages
query PortalRoutes {
  mnoQuality(last: "7d") {
    mnos { mno messages terminal share deliveryRate esmeErrorRate p50LatencyMs p95LatencyMs suppressed lowSample }
    dataAsOf
  }
}
"""
COSTS: Final = """# finance-dashboard: cost against quality, a scatter plot of networks
query FinanceCosts {
  costQuality(last: "7d") {
    mnos { mno currency costPerDelivered deliveryRate messages days { date costPerDelivered deliveryRate messages } }
  }
}
"""
QUERY: Final = """# admin-dashboard: the query language, any measure by any dimension
query Networks {
  query(input: {
    dataset: "dlr", measures: ["messages", "deliveryRate", "p95LatencyMs"], dimensions: ["mno", "lane"],
    time: { last: "7d" }, orderBy: [{ field: "messages", direction: "desc" }], limit: 20, totals: true
  }) { data totals page { endCursor hasNextPage } meta { source dataAsOf } }
}
"""
TREND: Final = """# admin-dashboard: a point per day, over up to ten years
query Trend {
  trend(last: "7d", granularity: DAILY) {
    totalMessages deliveryRate totalCost series { time totalMessages deliveryRate totalCost quality }
  }
}
"""
RECONCILIATION: Final = """# finance-dashboard: our days compared with billing's
query Reconciliation {
  reconciliation(first: 20) {
    edges { node { day currency ours theirs difference divergence status } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
LIVE: Final = """# admin-dashboard: live counts, every two seconds
subscription Live {
  liveThroughput(every: 2) { time seconds messages delivered failed tps }
}
"""
_PORTAL_HEADERS: Final = {"X-Caller": "customer-portal", "X-Tenant-Id": "tenant-001", "X-Account-Id": "acc-0001"}
_ADMIN: Final = {"X-Caller": "admin-dashboard"}
_FINANCE: Final = {"X-Caller": "finance-dashboard"}
# One example per kind of caller. Their windows move with time, so they have data on any day.
TABS: Final = (
    Tab(DASHBOARD, _ADMIN),
    Tab(PORTAL, _PORTAL_HEADERS, {"account": _PORTAL_HEADERS["X-Account-Id"]}),
    Tab(ROUTES, _PORTAL_HEADERS),
    Tab(FINANCE, _FINANCE),
    Tab(COSTS, _FINANCE),
    Tab(QUERY, _ADMIN),
    Tab(TREND, _ADMIN),
    Tab(RECONCILIATION, _FINANCE),
    Tab(LIVE, _ADMIN),
)


def asset_route(path: str) -> Route:
    """The route of the page's scripts and styles."""
    return Route(f"{path}/assets/{{name}}", _asset, methods=["GET"])


def page() -> Response:
    """The page. Each tab sends the headers of its own caller, which can be edited.

    Without its scripts and styles, it is one sentence that says so.
    """
    if any(read_asset(name) is None for name in _PARTS):
        return PlainTextResponse(f"{MISSING} GraphQL itself is served: POST queries to this address.\n")
    tabs = [
        {
            "query": tab.query,
            "headers": _indented(tab.headers),
            "variables": _indented(tab.variables),
        }
        for tab in TABS
    ]
    # In a script, only "</" can end it early.
    page_text = _PAGE.read_text(encoding="utf-8")
    text = page_text.replace("__TABS__", json.dumps(tabs).replace("</", "<\\/"))
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY + _SOURCES})


def _indented(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), indent=2)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    asset = read_asset(name) if name in _PARTS else None
    if asset is None:
        raise NotFoundError("GraphiQL has no such file.")
    return Response(asset.packed, media_type=asset.media_type, headers={"Content-Encoding": "gzip"})
