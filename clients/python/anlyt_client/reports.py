"""The reports of the API: each is a method of both clients.

Made by `python -m tools.export`; do not edit.
"""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Literal, TypedDict, TypeVar, Unpack

from anlyt_client import answers
from anlyt_client.calls import Call, get

T = TypeVar("T")


class WindowOptions(TypedDict, total=False):
    """The window of a report, half-open."""

    from_: datetime | str
    """Start of the window, snapped down to an hour. Default: today, 00:00 UTC."""
    to: datetime | str
    """End of the window, excluded, snapped up to an hour. Default: now."""
    window: Literal["today", "yesterday", "thisMonth", "lastMonth"]
    """In place of `from` and `to`: a day or month of `timezone`; today and thisMonth last until now."""
    last: str
    """In place of `from` and `to`: the last hours or days (of 24 hours) until now, as in 24h or 7d."""
    timezone: str
    """Goes with `window` or `last`: the IANA timezone whose days and months `window` means. Default: UTC."""


class SummaryOptions(WindowOptions, total=False):
    """The options of `summary`."""

    granularity: Literal["hourly", "daily"]
    """Whether `series` has hours or UTC days; totals are the same with both."""
    as_of: datetime | str
    """What the report said at this instant, before later changes. All days of the window were closed then. With it, a
    series has days (`daily`), and `dataAsOf` and `completeUntil` are null, as they are not kept.
    """


class OperatorPerformanceOptions(WindowOptions, total=False):
    """The options of `operator_performance`."""

    granularity: Literal["hourly", "daily"]
    """Whether `series` has hours or UTC days; totals are the same with both."""
    as_of: datetime | str
    """What the report said at this instant, before later changes. All days of the window were closed then. With it, a
    series has days (`daily`), and `dataAsOf` and `completeUntil` are null, as they are not kept.
    """


class AccountUsageOptions(WindowOptions, total=False):
    """The options of `account_usage`."""

    granularity: Literal["hourly", "daily"]
    """Whether `series` has hours or UTC days; totals are the same with both."""
    as_of: datetime | str
    """What the report said at this instant, before later changes. All days of the window were closed then. With it, a
    series has days (`daily`), and `dataAsOf` and `completeUntil` are null, as they are not kept.
    """


class ThroughputOptions(WindowOptions, total=False):
    """The options of `throughput`."""

    resolution: Literal["1m", "5m", "1h"]
    """Length of a point. Hours are counted; 1m and 5m are interpolated: each hour's counts, divided evenly."""
    operator_id: str
    """Only this operator's messages; excludes accountId."""
    account_id: str
    """Only this account's messages; excludes operatorId."""


class DeliveryBreakdownOptions(WindowOptions, total=False):
    """The options of `delivery_breakdown`."""

    as_of: datetime | str
    """What the report said at this instant, before later changes. All days of the window were closed then. With it, a
    series has days (`daily`), and `dataAsOf` and `completeUntil` are null, as they are not kept.
    """


class TopOperatorsOptions(WindowOptions, total=False):
    """The options of `top_operators`."""

    limit: int
    """How many operators, from 1 to 100."""
    granularity: Literal["hourly", "daily"]
    """Whether `series` has hours or UTC days; totals are the same with both."""
    as_of: datetime | str
    """What the report said at this instant, before later changes. All days of the window were closed then. With it, a
    series has days (`daily`), and `dataAsOf` and `completeUntil` are null, as they are not kept.
    """


class RestatementsOptions(WindowOptions, total=False):
    """The options of `restatements`."""

    subjects: Literal["platform", "operators", "accounts"]
    """Whose changes, without operatorId and accountId. Default: the platform's; for a customer, its own account's."""
    operator_id: str
    """Only this operator's messages; excludes accountId."""
    account_id: str
    """Only this account's messages; excludes operatorId."""
    limit: int
    """How many changes, from 1 to 1000."""


class MnoQualityOptions(WindowOptions, total=False):
    """The options of `mno_quality`."""

    lane: str
    """Only messages of this lane."""
    direction: Literal["MT", "MO", "unknown"]
    """Only messages to a handset (`MT`), or from one (`MO`)."""
    tenant_id: str
    """Only messages of this tenant; a tenant sees only its own."""


class ListExportsOptions(TypedDict, total=False):
    """The options of `list_exports`."""

    limit: int
    """Exports per page."""
    after: str
    """`page.endCursor` of the previous page."""


class Reports(ABC):
    """The reports, for synchronous code."""

    @abstractmethod
    def fetch(self, call: Call[T]) -> T:
        """The answer of a call."""

    def summary(self, **options: Unpack[SummaryOptions]) -> answers.Summary:
        """The totals of the whole platform, and a series."""
        return self.fetch(get("/v1/internal/analytics/summary", answers.Summary, options))

    def operator_performance(
        self, operator_id: str, **options: Unpack[OperatorPerformanceOptions]
    ) -> answers.OperatorPerformance:
        """The performance of one operator."""
        return self.fetch(
            get(
                "/v1/internal/analytics/operators/{id}/performance",
                answers.OperatorPerformance,
                options,
                id=operator_id,
            )
        )

    def account_usage(self, account_id: str, **options: Unpack[AccountUsageOptions]) -> answers.AccountUsage:
        """The messages of one account, and their cost."""
        return self.fetch(
            get("/v1/internal/analytics/accounts/{id}/usage", answers.AccountUsage, options, id=account_id)
        )

    def throughput(self, **options: Unpack[ThroughputOptions]) -> answers.Throughput:
        """Messages over time."""
        return self.fetch(get("/v1/internal/analytics/throughput", answers.Throughput, options))

    def delivery_breakdown(self, **options: Unpack[DeliveryBreakdownOptions]) -> answers.DeliveryBreakdown:
        """Messages by delivery status, on the platform and by operator."""
        return self.fetch(get("/v1/internal/analytics/delivery-breakdown", answers.DeliveryBreakdown, options))

    def top_operators(self, **options: Unpack[TopOperatorsOptions]) -> answers.TopOperators:
        """The operators with most messages."""
        return self.fetch(get("/v1/internal/analytics/top-operators", answers.TopOperators, options))

    def reconciliation_explanation(self, reconciliation_day: str) -> answers.DayExplanation:
        """What could explain that our cost of a day differs from billing's, with amounts."""
        return self.fetch(
            get("/v1/reconciliation/{day}/explanation", answers.DayExplanation, {}, day=reconciliation_day)
        )

    def ledger(self, **options: Unpack[WindowOptions]) -> answers.Ledger:
        """What became of every message that our streams stored: counted, a copy, refused or waiting."""
        return self.fetch(get("/v1/ledger", answers.Ledger, options))

    def restatements(self, **options: Unpack[RestatementsOptions]) -> answers.Restatements:
        """What changed on closed days: what they said, what they say since, when, and by how many events."""
        return self.fetch(get("/v1/restatements", answers.Restatements, options))

    def mno_quality(self, **options: Unpack[MnoQualityOptions]) -> answers.MnoQuality:
        """The quality of each MNO."""
        return self.fetch(get("/v1/insights/mno-quality", answers.MnoQuality, options))

    def cost_quality(self, **options: Unpack[WindowOptions]) -> answers.CostQuality:
        """The cost and the delivery rate of each MNO."""
        return self.fetch(get("/v1/insights/cost-quality", answers.CostQuality, options))

    def catalog(self) -> answers.Catalog:
        """The datasets, measures and dimensions of the query language."""
        return self.fetch(get("/v1/anlyt/catalog", answers.Catalog, {}))

    def list_exports(self, **options: Unpack[ListExportsOptions]) -> answers.ExportList:
        """The caller's exports."""
        return self.fetch(get("/v1/anlyt/exports", answers.ExportList, options))

    def follow_export(self, export_id: str) -> answers.ExportAnswer:
        """The status of an export, and its files."""
        return self.fetch(get("/v1/anlyt/exports/{id}", answers.ExportAnswer, {}, id=export_id))

    def export_keys(self) -> answers.PublicKeys:
        """The public keys that verify manifests."""
        return self.fetch(get("/v1/anlyt/keys", answers.PublicKeys, {}))


class AsyncReports(ABC):
    """The reports, for asynchronous code."""

    @abstractmethod
    async def fetch(self, call: Call[T]) -> T:
        """The answer of a call."""

    async def summary(self, **options: Unpack[SummaryOptions]) -> answers.Summary:
        """The totals of the whole platform, and a series."""
        return await self.fetch(get("/v1/internal/analytics/summary", answers.Summary, options))

    async def operator_performance(
        self, operator_id: str, **options: Unpack[OperatorPerformanceOptions]
    ) -> answers.OperatorPerformance:
        """The performance of one operator."""
        return await self.fetch(
            get(
                "/v1/internal/analytics/operators/{id}/performance",
                answers.OperatorPerformance,
                options,
                id=operator_id,
            )
        )

    async def account_usage(self, account_id: str, **options: Unpack[AccountUsageOptions]) -> answers.AccountUsage:
        """The messages of one account, and their cost."""
        return await self.fetch(
            get("/v1/internal/analytics/accounts/{id}/usage", answers.AccountUsage, options, id=account_id)
        )

    async def throughput(self, **options: Unpack[ThroughputOptions]) -> answers.Throughput:
        """Messages over time."""
        return await self.fetch(get("/v1/internal/analytics/throughput", answers.Throughput, options))

    async def delivery_breakdown(self, **options: Unpack[DeliveryBreakdownOptions]) -> answers.DeliveryBreakdown:
        """Messages by delivery status, on the platform and by operator."""
        return await self.fetch(get("/v1/internal/analytics/delivery-breakdown", answers.DeliveryBreakdown, options))

    async def top_operators(self, **options: Unpack[TopOperatorsOptions]) -> answers.TopOperators:
        """The operators with most messages."""
        return await self.fetch(get("/v1/internal/analytics/top-operators", answers.TopOperators, options))

    async def reconciliation_explanation(self, reconciliation_day: str) -> answers.DayExplanation:
        """What could explain that our cost of a day differs from billing's, with amounts."""
        return await self.fetch(
            get("/v1/reconciliation/{day}/explanation", answers.DayExplanation, {}, day=reconciliation_day)
        )

    async def ledger(self, **options: Unpack[WindowOptions]) -> answers.Ledger:
        """What became of every message that our streams stored: counted, a copy, refused or waiting."""
        return await self.fetch(get("/v1/ledger", answers.Ledger, options))

    async def restatements(self, **options: Unpack[RestatementsOptions]) -> answers.Restatements:
        """What changed on closed days: what they said, what they say since, when, and by how many events."""
        return await self.fetch(get("/v1/restatements", answers.Restatements, options))

    async def mno_quality(self, **options: Unpack[MnoQualityOptions]) -> answers.MnoQuality:
        """The quality of each MNO."""
        return await self.fetch(get("/v1/insights/mno-quality", answers.MnoQuality, options))

    async def cost_quality(self, **options: Unpack[WindowOptions]) -> answers.CostQuality:
        """The cost and the delivery rate of each MNO."""
        return await self.fetch(get("/v1/insights/cost-quality", answers.CostQuality, options))

    async def catalog(self) -> answers.Catalog:
        """The datasets, measures and dimensions of the query language."""
        return await self.fetch(get("/v1/anlyt/catalog", answers.Catalog, {}))

    async def list_exports(self, **options: Unpack[ListExportsOptions]) -> answers.ExportList:
        """The caller's exports."""
        return await self.fetch(get("/v1/anlyt/exports", answers.ExportList, options))

    async def follow_export(self, export_id: str) -> answers.ExportAnswer:
        """The status of an export, and its files."""
        return await self.fetch(get("/v1/anlyt/exports/{id}", answers.ExportAnswer, {}, id=export_id))

    async def export_keys(self) -> answers.PublicKeys:
        """The public keys that verify manifests."""
        return await self.fetch(get("/v1/anlyt/keys", answers.PublicKeys, {}))
