"""The sizes of a run."""

from dataclasses import dataclass

from bench.options import option


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of a run."""

    seconds: float = option("Seconds with and without bad habits")
    burst_seconds: float = option("Seconds of the burst")
    times: int = option("How many times as many events and questions the burst has")
    rate: int = option("Events per second")
    tenants: int = option("Tenants with a dashboard")
    facts: int = option("Facts of 90 days")
    records: int = option("Call detail records of a year")
    days: int = option("Days of hourly rows")
    accounts: int = option("Accounts of hourly rows")
    seed: int = option("Seed of data, events and instants")
