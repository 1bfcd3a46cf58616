"""The senders and carriers: tenants, their accounts, and the SMPP links into five mobile networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

TENANTS: Final = 40
ACCOUNTS: Final = 200

# Lanes in order of precedence. A lane's index is its column in all arrays of this package.
LANES: Final = ("P0_EMERGENCY", "OTP", "TRANSACTIONAL", "MARKETING")
MARKETING: Final = LANES.index("MARKETING")

# Kinds of account: their share of all accounts, and the distribution of their messages over LANES.
PROFILES: Final = (
    (0.35, (0.00, 0.85, 0.15, 0.00)),  # logins and payments
    (0.35, (0.00, 0.15, 0.65, 0.20)),  # shops and deliveries
    (0.20, (0.00, 0.00, 0.15, 0.85)),  # campaigns
    (0.10, (0.02, 0.13, 0.85, 0.00)),  # public services, which alone send emergency messages
)

# The two destination prefixes (country code and network) of each mobile network.
PREFIXES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "AWCC": ("9370", "9371"),
        "ROSHAN": ("9372", "9379"),
        "ETISALAT_AF": ("9373", "9378"),
        "MTN_AF": ("9376", "9377"),
        "SALAAM": ("9374", "9375"),
    }
)

AFN_PER_USD: Final = 70  # in the price lists, which do not follow the market daily


@dataclass(frozen=True, slots=True)
class Operator:
    """One SMPP link: its network, share of all messages, quality, latency, price and capacity.

    Latency is log-normal (`median_ms`, `spread` = sigma of the logarithm). `price`: USD per segment.
    """

    id: str
    mno: str
    share: float
    delivery_rate: float
    median_ms: int
    spread: float
    price: Decimal
    max_tps: int
    names_tenant: bool = True  # older links name the tenant in the header X-Tenant-Id only


OPERATORS: Final = (
    Operator("op-awcc-1", "AWCC", 0.16, 0.968, 2_100, 0.55, Decimal("0.018400"), 420),
    Operator("op-awcc-2", "AWCC", 0.10, 0.941, 3_600, 0.80, Decimal("0.015250"), 260),
    Operator("op-roshan-1", "ROSHAN", 0.15, 0.974, 1_700, 0.50, Decimal("0.021300"), 400),
    Operator("op-roshan-2", "ROSHAN", 0.09, 0.955, 2_900, 0.65, Decimal("0.017875"), 240),
    Operator("op-etisalat-1", "ETISALAT_AF", 0.14, 0.965, 2_300, 0.60, Decimal("0.019125"), 360),
    Operator("op-etisalat-2", "ETISALAT_AF", 0.08, 0.932, 4_200, 0.85, Decimal("0.014635"), 220, False),
    Operator("op-mtn-1", "MTN_AF", 0.18, 0.951, 2_800, 0.70, Decimal("0.016940"), 460),
    Operator("op-salaam-1", "SALAAM", 0.10, 0.913, 5_400, 0.95, Decimal("0.012345"), 240, False),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A sender: its tenant, the currency of its bills, and its share of all messages by lane."""

    id: str
    tenant_id: str
    currency: str
    lanes: tuple[float, ...]


@dataclass(frozen=True)
class World:
    """The accounts of a seed. `acc-0001` of `tenant-001` sends most. Networks and links are the same for all seeds."""

    seed: int
    accounts: tuple[Account, ...]

    @cached_property
    def shares(self) -> npt.NDArray[np.float64]:
        """Share of all messages, by account (rows) and lane (columns); sums to 1."""
        return np.array([account.lanes for account in self.accounts])


def make_world(seed: int = 2026) -> World:
    """The world of a seed. Equal seeds give equal worlds, and equal traffic."""
    rng = np.random.default_rng(seed)
    return World(seed, _accounts(rng))


def _accounts(rng: np.random.Generator) -> tuple[Account, ...]:
    """Accounts with Zipf-like sizes: the first ten send about a third of all messages, the last hundred a fifth."""
    sizes = 1 / (np.arange(ACCOUNTS) + 3) ** 0.9
    sizes /= sizes.sum()
    profiles = rng.choice(len(PROFILES), size=ACCOUNTS, p=[odds for odds, _ in PROFILES])
    # One account per tenant, in order; then the other accounts, unevenly.
    tenants = np.concatenate([np.arange(TENANTS), rng.geometric(0.06, ACCOUNTS - TENANTS) % TENANTS])
    return tuple(
        Account(
            id=f"acc-{number:04}",
            tenant_id=f"tenant-{tenant + 1:03}",
            currency="AFN" if tenant % 5 == 4 else "USD",
            lanes=tuple(float(size * part) for part in PROFILES[profile][1]),
        )
        for number, (size, profile, tenant) in enumerate(zip(sizes, profiles, tenants, strict=True), start=1)
    )
