"""Names that our statements and the configuration of a ClickHouse server agree on, for its use of S3."""

from datetime import timedelta
from typing import Final

# A storage policy of three volumes, hot to cold. The hot one has to be called `default`, as in the policy that tables
# begin with: ClickHouse changes a table's policy only to one that has all of its volumes.
POLICY: Final = "anlyt_tiered"
HOT, WARM, COLD = "default", "warm", "cold"
WARM_DISK, COLD_DISK = "anlyt_warm", "anlyt_cold"

# At least so long facts are kept, on whatever tier: seven years, less their leap days.
KEPT: Final = timedelta(days=7 * 365)

# A named collection with the URL of the bucket's folder EXPORTS, and the keys to it.
COLLECTION: Final = "anlyt_exports"

# Folders of the bucket.
EXPORTS, COLD_FOLDER = "exports", "cold"
