"""Names that our statements and a ClickHouse server's configuration share: storage tiers and S3."""

from datetime import timedelta
from typing import Final

# A storage policy with three volumes. The hot one must be called `default`, as in ClickHouse's default policy: a
# table's new policy must have all volumes of the old one.
POLICY: Final = "anlyt_tiered"
HOT, WARM, COLD = "default", "warm", "cold"
WARM_DISK, COLD_DISK = "anlyt_warm", "anlyt_cold"

# Facts are kept at least so long, over all tiers: seven years, without their leap days.
RETENTION: Final = timedelta(days=7 * 365)

# A named collection with the URL and keys of the bucket's folder EXPORTS.
COLLECTION: Final = "anlyt_exports"

# Folders of the bucket.
EXPORTS, QUERY_EXPORTS, COLD_FOLDER = "exports", "query-exports", "cold"
