"""The part of a ClickHouse server's configuration that uses S3: storage tiers and exports."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from infra.s3 import S3
from infra.tiers import COLD, COLD_DISK, COLD_FOLDER, COLLECTION, EXPORTS, HOT, POLICY, WARM, WARM_DISK

Tree: TypeAlias = "Mapping[str, str | Tree]"

# For reads: two attempts of two seconds each if S3 hangs. The `s3_` names repeat others because another part of the
# engine reads them; without them, a query hangs for minutes.
TIMEOUTS: Final = {
    "connect_timeout_ms": "1000",
    "request_timeout_ms": "2000",
    "retry_attempts": "1",
    "use_adaptive_timeouts": "0",
    "s3_request_timeout_ms": "2000",
    "s3_retry_attempts": "1",
    "s3_max_single_read_retries": "0",
}


def s3_configuration(s3: S3) -> Tree:
    """The configuration for `s3`. Relative paths are below the server's data folder."""
    keys = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key}
    cold = {
        "type": "s3",
        "endpoint": f"{s3.url}{COLD_FOLDER}/",
        **keys,
        "region": s3.region,
        **TIMEOUTS,
        # The check would prevent each start while S3 is unavailable, even if all data is hot.
        "skip_access_check": "true",
    }
    # A late fact is first written to the hot volume, which needs no S3, and moves later.
    later = {"perform_ttl_move_on_insert": "0"}
    volumes = {
        HOT: {"disk": "default"},
        WARM: {"disk": WARM_DISK, **later},
        COLD: {"disk": COLD_DISK, **later},
    }
    return {
        "named_collections": {COLLECTION: {"url": f"{s3.url}{EXPORTS}/", **keys}},
        "storage_configuration": {
            "disks": {WARM_DISK: {"type": "local", "path": "data/warm/"}, COLD_DISK: cold},
            # Parts move by age only, never because a disk is full.
            "policies": {POLICY: {"volumes": volumes, "move_factor": "0"}},
        },
    }
