"""What a ClickHouse server's configuration says of S3: the tiers of its parts, and where exports go."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from infra.s3 import S3
from infra.tiers import COLD, COLD_DISK, COLD_FOLDER, COLLECTION, EXPORTS, HOT, POLICY, WARM, WARM_DISK

Tree: TypeAlias = "Mapping[str, str | Tree]"

# Of reads: two attempts of two seconds each when S3 hangs. Both kinds of names are read, each by another part of the
# engine; without the second kind, a query hangs for minutes.
TIMEOUTS: Final = {
    "connect_timeout_ms": "1000",
    "request_timeout_ms": "2000",
    "retry_attempts": "1",
    "use_adaptive_timeouts": "0",
    "s3_request_timeout_ms": "2000",
    "s3_retry_attempts": "1",
    "s3_max_single_read_retries": "0",
}


def configuration(s3: S3) -> Tree:
    """Relative paths are below the server's folder of data."""
    keys = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key}
    cold = {
        "type": "s3",
        "endpoint": f"{s3.url}{COLD_FOLDER}/",
        **keys,
        "region": s3.region,
        **TIMEOUTS,
        # Else nothing starts while S3 is away, be all data hot.
        "skip_access_check": "true",
    }
    # A late fact is written where S3 is not needed, and moves later.
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
            # Parts move by age only, however full a disk is.
            "policies": {POLICY: {"volumes": volumes, "move_factor": "0"}},
        },
    }
