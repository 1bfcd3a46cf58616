"""Incidents: what breaks a service, and which alerts that raises.

`data_incidents` and `load_incidents` have one context manager per incident. Up to its `yield` it breaks something, and
after that it follows the runbooks of the alerts that have fired meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, TypeAlias

from tests.support import data_incidents as data
from tests.support import load_incidents as load
from tests.support.breakable_service import Service

Broken: TypeAlias = Callable[[Service], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Incident:
    """`fires`: labels of each alert that it raises, alertname included. `since_start`: a new service has it."""

    broken: Broken
    fires: Sequence[Mapping[str, str]]
    since_start: bool = False

    @property
    def name(self) -> str:
        return self.broken.__name__


def fires(alert: str, **labels: str) -> Mapping[str, str]:
    return {"alertname": alert, **labels}


# Incidents of one group happen at the same time: none is the cause of another one's alerts.
GROUPS: Final[Sequence[Sequence[Incident]]] = (
    (
        Incident(data.rollup_never_ran, [fires("AnlytRollupFailed")], since_start=True),
        Incident(data.billing_differs, [fires("AnlytReconciliationDivergence")]),
        Incident(data.process_is_killed, [fires("AnlytTargetDown", job="anlyt-api")]),
        Incident(data.producer_sends_bad_events, [fires("AnlytDeserializationErrors", type="sms.dlr.inbound.v1")]),
        Incident(data.cubes_stop, [fires("AnlytCubeStale", cube="cube_dlr_hourly")]),
    ),
    (
        Incident(data.archive_never_ran, [fires("AnlytPipelineLate", pipeline="archive")], since_start=True),
        Incident(data.producer_sends_only_bad_events, [fires("AnlytDeadletterLimit", function="cdr_facts")]),
        Incident(
            data.closed_day_is_changed, [fires("AnlytIntegrityDiffers"), fires("AnlytSloBurnFast", slo="exactness")]
        ),
        Incident(data.daily_row_is_written_by_hand, [fires("AnlytCrosscheckDiffers")]),
        Incident(data.producer_contradicts_itself, [fires("AnlytCopiesDiscarded", projection="facts_dlr")]),
    ),
    (
        Incident(
            load.postgres_is_away,
            [
                fires("AnlytPgErrors", op="report"),
                fires("AnlytPgErrors", op="commit"),
                fires("AnlytApiErrors", endpoint="accountUsage"),
                fires("AnlytGaugesStale", part="ingest"),
                fires("AnlytGaugesStale", part="pipelines"),
                fires("AnlytSloBurnFast", slo="availability"),
                fires("AnlytSloBurnSlow", slo="availability"),
            ],
        ),
    ),
    (
        Incident(data.rollup_stops, [fires("AnlytRollupFailed")]),
        Incident(
            data.pipelines_stop,
            [fires("AnlytPipelineLate", pipeline="quality"), fires("AnlytPipelineLate", pipeline="maintenance")],
        ),
        Incident(data.checkpoints_stop, [fires("AnlytCheckpointNotPublished")]),
    ),
    (
        Incident(
            load.session_holds_a_lock,
            [
                fires("AnlytIngestLagHigh", function="billing_metrics"),
                fires("AnlytConsumerLagHigh", function="billing_metrics"),
                fires("AnlytEngineSlow", reason="postgres_slow"),
                fires("AnlytSloBurnFast", slo="freshness"),
            ],
        ),
    ),
    (
        Incident(load.caller_floods, [fires("AnlytOverloaded")]),
        Incident(data.ledger_is_not_dropped, [fires("AnlytProcessedEventsGrowth")]),
    ),
    (
        Incident(
            load.postgres_is_slow,
            [fires("AnlytApiLatencyHigh", endpoint="accountUsage"), fires("AnlytSloBurnFast", slo="latency")],
        ),
    ),
)
