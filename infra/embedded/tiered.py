"""What a ClickHouse server's configuration says of S3: the tiers of its parts, and where exports go."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from infra.s3 import S3
from infra.tiers import COLD, COLD_FOLDER, COLLECTION, EXPORTS, HOT, POLICY, WARM

Tree: TypeAlias = "Mapping[str, str | Tree]"

# For a server that has to say within seconds that S3 does not answer.
PATIENCE: Final = {
    "connect_timeout_ms": "1000",
    "request_timeout_ms": "3000",
    "retry_attempts": "1",
    "max_single_read_retries": "1",
    "use_adaptive_timeouts": "0",
}


def configuration(s3: S3) -> Tree:
    """Relative paths are below the server's folder of data."""
    keys = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key}
    cold = {
        "type": "s3",
        "endpoint": f"{s3.url}{COLD_FOLDER}/",
        **keys,
        "region": s3.region,
        **PATIENCE,
        # Else nothing starts while S3 is away, be all data hot.
        "skip_access_check": "true",
    }
    volumes = {HOT: {"disk": "default"}, WARM: {"disk": "anlyt_warm"}, COLD: {"disk": "anlyt_cold"}}
    return {
        "named_collections": {COLLECTION: {"url": f"{s3.url}{EXPORTS}/", **keys}},
        "storage_configuration": {
            "disks": {"anlyt_warm": {"type": "local", "path": "data/warm/"}, "anlyt_cold": cold},
            # Parts move by age only, however full a disk is.
            "policies": {POLICY: {"volumes": volumes, "move_factor": "0"}},
        },
    }
