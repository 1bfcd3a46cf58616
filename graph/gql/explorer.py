"""GraphiQL, served from here, with a tab for each kind of caller. For development."""

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
# What the page itself does is inline; nothing comes from elsewhere.
_POLICY: Final = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
_SOURCES: Final = "img-src 'self' data:; font-src data:; connect-src 'self'"


class Tab(NamedTuple):
    """One example: a document, the headers of its caller, and variables."""

    query: str
    headers: Mapping[str, str]
    variables: Mapping[str, str] = MappingProxyType({})


DASHBOARD: Final = """# admin-dashboard: the platform, its operators, how fresh it all is
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
PORTAL: Final = """# customer-portal: one account, its own
query Portal($account: ID!) {
  account(id: $account, last: "7d") {
    messagesSent refundedMessages messagesDelivered deliveryRate provisional totalCost costsByCurrency avgCostPerMessage
    dailyBreakdown { date sent delivered failed cost quality }
  }
}
"""
FINANCE: Final = """# finance-dashboard: what operators and accounts cost
query Finance {
  topOperators(last: "7d", limit: 5, granularity: DAILY) {
    operators { operatorId totalMessages totalCost costsByCurrency }
  }
  account(id: "acc-0001", last: "7d") { segments totalCost costsByCurrency avgCostPerMessage }
}
"""
ROUTES: Final = """# customer-portal: how well each network carries the tenant's messages
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
RECONCILIATION: Final = """# finance-dashboard: our days beside billing's
query Reconciliation {
  reconciliation(first: 20) {
    edges { node { day currency ours theirs difference divergence status } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
LIVE: Final = """# admin-dashboard: what is being counted, every two seconds
subscription Live {
  liveThroughput(every: 2) { time seconds messages delivered failed tps }
}
"""
_PORTAL_HEADERS: Final = {"X-Caller": "customer-portal", "X-Tenant-Id": "tenant-001", "X-Account-Id": "acc-0001"}
_ADMIN: Final = {"X-Caller": "admin-dashboard"}
_FINANCE: Final = {"X-Caller": "finance-dashboard"}
# An example for each kind of caller; windows move with time, so that they answer on any day.
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
    """What the page is made of."""
    return Route(f"{path}/assets/{{name}}", _asset, methods=["GET"])


def page() -> Response:
    """The page; each tab asks as its own caller, by headers that can be edited.

    A sentence in its place where its parts could not be fetched.
    """
    if any(read_asset(name) is None for name in _PARTS):
        return PlainTextResponse(f"{MISSING} GraphQL itself is served: POST queries to this address.\n")
    shown = [
        {
            "query": tab.query,
            "headers": json.dumps(tab.headers, indent=2),
            "variables": json.dumps(dict(tab.variables), indent=2),
        }
        for tab in TABS
    ]
    # In a script, only "</" could end it early.
    page_text = _PAGE.read_text(encoding="utf-8")
    text = page_text.replace("__TABS__", json.dumps(shown).replace("</", "<\\/"))
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY + _SOURCES})


def _indented(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), indent=2)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    asset = read_asset(name) if name in _PARTS else None
    if asset is None:
        raise NotFoundError("There is no such part of GraphiQL.")
    return Response(asset.packed, media_type=asset.media_type, headers={"Content-Encoding": "gzip"})
