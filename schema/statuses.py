"""The statuses of runs of pipelines and of comparisons with billing. A test compares them with the live tables."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

RunEnd = Literal["SUCCEEDED", "FAILED", "ABANDONED"]
"""How a run ended. ABANDONED: it was killed or stopped."""
RunStatus = Literal["RUNNING", RunEnd]
ComparisonStatus = Literal["OK", "DIVERGED", "MISSING_OURS", "MISSING_THEIRS", "INVALID"]

TOLERANCE: Final = Decimal("0.0001")  # the greatest divergence (0.01 %) of a comparison that is OK

COMPARISON_STATUSES: Final[Mapping[ComparisonStatus, str]] = {
    "OK": f"Our cost equals billing's, up to a divergence of {TOLERANCE}.",
    "DIVERGED": "Our cost differs from billing's by more than that.",
    "MISSING_OURS": "Billing has a row, and nothing was billed here.",
    "MISSING_THEIRS": "Billing has no row.",
    "INVALID": "Billing's row cannot be compared; `reason` says why.",
}
"""Each status of a comparison with its meaning."""
