"""GraphiQL, served from here, with a tab for each kind of caller. For development."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

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


class Tab(NamedTuple):
    """One example: a document, the headers of its caller, and variables."""

    query: str
    headers: Mapping[str, str]
    variables: Mapping[str, str] = MappingProxyType({})


DASHBOARD: Final = """# admin-dashboard: the platform, its operators, how fresh it all is
query Dashboard {
  summary(granularity: HOURLY) {
    totalMessages refundedMessages deliveryRate pendingShare provisional p95LatencyMs totalCost costsByCurrency
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
    messagesSent refundedMessages messagesDelivered deliveryRate provisional totalCost costsByCurrency avgCostPerMessage
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
QUERY: Final = """# admin-dashboard: the query language, any measure by any dimension
query Networks($from: DateTime!, $to: DateTime!) {
  query(input: {
    dataset: "dlr", measures: ["messages", "deliveryRate", "p95LatencyMs"], dimensions: ["mno", "lane"],
    time: { from: $from, to: $to }, orderBy: [{ field: "messages", direction: "desc" }], limit: 20, totals: true
  }) { data totals page { endCursor hasNextPage } meta { source dataAsOf } }
}
"""
TREND: Final = """# admin-dashboard: a point per day, over up to ten years
query Trend($from: DateTime!) {
  trend(from: $from, granularity: DAILY) {
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
WEEK: Final = timedelta(days=7)


def tabs(now: datetime) -> tuple[Tab, ...]:
    """An example for each kind of caller; windows are the week that ends now."""
    end = now.replace(minute=0, second=0, microsecond=0)
    window = {"from": (end - WEEK).isoformat(), "to": end.isoformat()}
    admin, finance = {"X-Caller": "admin-dashboard"}, {"X-Caller": "finance-dashboard"}
    return (
        Tab(DASHBOARD, admin),
        Tab(PORTAL, _PORTAL_HEADERS, {"account": _PORTAL_HEADERS["X-Account-Id"]}),
        Tab(ROUTES, _PORTAL_HEADERS),
        Tab(FINANCE, finance),
        Tab(COSTS, finance),
        Tab(QUERY, admin, window),
        Tab(TREND, admin, {"from": window["from"]}),
        Tab(RECONCILIATION, finance),
        Tab(LIVE, admin),
    )


def asset_route(path: str) -> Route:
    """What the page is made of."""
    return Route(f"{path}/assets/{{name}}", _asset, methods=["GET"])


def page() -> Response:
    """The page; each tab asks as its own caller, by headers that can be edited."""
    shown = [
        {
            "query": tab.query,
            "headers": json.dumps(tab.headers, indent=2),
            "variables": json.dumps(dict(tab.variables), indent=2),
        }
        for tab in tabs(datetime.now(UTC))
    ]
    # In a script, only "</" could end it early.
    page_text = (_FOLDER / "page.html").read_text(encoding="utf-8")
    text = page_text.replace("__TABS__", json.dumps(shown).replace("</", "<\\/"))
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY + _SOURCES})


def _indented(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), indent=2)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _TYPES:
        raise NotFoundError("There is no such part of GraphiQL.")
    packed = (_FOLDER / f"{name}.gz").read_bytes()
    return Response(packed, media_type=_TYPES[name], headers={"Content-Encoding": "gzip"})
