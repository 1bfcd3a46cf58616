"""What each content coding costs: CPU time per KiB of an hourly summary, and how much of it is left."""

import gzip
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time
from typing import Final

import brotli
import msgspec

from bench.report import show
from graph.http.compression import CODINGS

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HOURS: Final = (3, 70, 1400)  # of series: about 1, 20 and 400 KiB
CHOSEN: Final = {"zstd": "zstd 1", "br": "br 4", "gzip": "gzip 5"}
OTHERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "zstd 3": lambda body: zstd.compress(body, 3),
    "zstd 9": lambda body: zstd.compress(body, 9),
    "br 1": lambda body: bytes(brotli.compress(body, quality=1)),
    "br 6": lambda body: bytes(brotli.compress(body, quality=6)),
    "gzip 1": lambda body: gzip.compress(body, 1),
    "gzip 9": lambda body: gzip.compress(body, 9),
}


async def run(folder: Path, *, smoke: bool) -> None:
    del folder  # no engine is needed
    codings = {**{CHOSEN[name]: compress for name, compress in CODINGS.items()}, **OTHERS}
    bodies = [_series(hours) for hours in HOURS]
    rows = []
    for name, compress in codings.items():
        figures = [_measured(compress, body, 0.02 if smoke else 0.3) for body in bodies]
        rows.append((name, *(f"{cost:.1f} us, {share:.0%}" for cost, share in figures)))
    sizes = [f"{len(body) / 1024:.0f} KiB" for body in bodies]
    show("CPU per KiB of JSON, and what is left of it", ("coding", *sizes), rows, [])


def _series(hours: int) -> bytes:
    """A summary with a series of hours."""
    random, start = Random(1), datetime(2026, 9, 1, tzinfo=UTC)
    return msgspec.json.encode({"series": [_point(random, start + hour * timedelta(hours=1)) for hour in range(hours)]})


def _point(random: Random, time: datetime) -> Mapping[str, object]:
    total, delivered = random.randrange(150_000, 200_000), random.randrange(100_000, 150_000)
    return {
        "time": time,
        "totalMessages": total,
        "deliveredMessages": delivered,
        "failedMessages": random.randrange(10_000),
        "pendingMessages": random.randrange(1000),
        "deliveryRate": round(delivered / total, 4),
        "errorRate": round(random.random() / 10, 4),
        "totalCost": f"{total * 0.0123:.6f}",
        "avgLatencyMs": random.randrange(900, 1200),
        "p95LatencyMs": random.randrange(3000, 4000),
        "peakTps": random.randrange(200),
        "quality": "ACTUAL",
    }


def _measured(compress: Callable[[bytes], bytes], body: bytes, seconds: float) -> tuple[float, float]:
    """Microseconds of CPU per KiB, and the share of the body that is left."""
    began, times = process_time(), 0
    while process_time() - began < seconds:
        packed = compress(body)
        times += 1
    return (process_time() - began) / times / (len(body) / 1024) * 1e6, len(packed) / len(body)
