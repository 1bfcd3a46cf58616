"""What a tenant may know of MNOs: their names under a data-share addendum, and else pseudonyms of its own.

A pseudonym (`MNO-K`) is drawn at random when an MNO is first met for a tenant, and kept for ever. So it is stable, it
says nothing of name, volume or order, and one tenant's letters say nothing of another's.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from secrets import SystemRandom
from string import ascii_uppercase
from typing import Final, TypeAlias

from graph.postgres import connected, promptly
from infra.postgres import Connection, Pool, statement
from schema.facts import UNKNOWN

KNOWN: Final = ("AWCC", "ETISALAT_AF", "MTN_AF", "ROSHAN", "SALAAM")
ALPHABET: Final = tuple(ascii_uppercase)
LONG_ALPHABET: Final = tuple(map("".join, product(ALPHABET, repeat=2)))  # once the short one is used up
FRESH: Final = 2.0  # seconds that an addendum is believed: a revocation is to be felt within five
REMEMBERED: Final = 10_000  # tenants

# Real MNO -> pseudonym; None: real names may be shown.
Letters: TypeAlias = Mapping[str, str] | None

_SQL: Final = Path(__file__).parent / "sql"
_NAMES, _LOCK, _ADD = (statement(_SQL, name) for name in ("mno_names", "lock_pseudonyms", "add_pseudonyms"))
_random: Final = SystemRandom()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read of a tenant, and when (seconds of the clock)."""

    unmasked: bool
    pseudonyms: Mapping[str, str]
    at: float

    @property
    def letters(self) -> Letters:
        return None if self.unmasked else {**self.pseudonyms, UNKNOWN: UNKNOWN}


class Pseudonyms:
    """Reads from `pool`, which may be a replica's, and gives new pseudonyms through `primary`."""

    def __init__(self, pool: Pool, primary: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool, self._primary, self._clock = pool, primary, clock
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    async def letters(self, tenant_id: str) -> Letters:
        """What stands for each MNO that a tenant has met; None with an addendum in force. DependencyUnavailableError.

        `unknown`, which is no MNO, stands for itself.
        """
        seen = self._seen.get(tenant_id)
        if seen is None or self._clock() - seen.at > FRESH:
            seen = await self._read(tenant_id)
        if not seen.unmasked and not seen.pseudonyms.keys() >= set(KNOWN):
            return await self.learn(tenant_id, ())
        return seen.letters

    async def learn(self, tenant_id: str, mnos: Collection[str]) -> Letters:
        """The same, after those of `mnos` that have no pseudonym got one, as far as there are any left."""
        async with promptly("pseudonyms"), connected(self._primary) as taken, taken.transaction():
            await taken.execute(_LOCK, tenant_id)
            read = await self._fetch(taken, tenant_id)
            drawn = draw({*KNOWN, *mnos} - {*read.pseudonyms, UNKNOWN}, read.pseudonyms.values())
            await taken.execute(_ADD, tenant_id, list(drawn), list(drawn.values()))
        return self._keep(tenant_id, _Seen(read.unmasked, {**read.pseudonyms, **drawn}, read.at)).letters

    async def _read(self, tenant_id: str) -> _Seen:
        async with promptly("pseudonyms"), connected(self._pool) as taken:
            return self._keep(tenant_id, await self._fetch(taken, tenant_id))

    async def _fetch(self, taken: Connection, tenant_id: str) -> _Seen:
        at = self._clock()  # before: what is remembered shall not look newer than it is
        row = await taken.fetchrow(_NAMES, tenant_id)
        assert row is not None
        return _Seen(row["unmasked"], dict(zip(row["mnos"], row["pseudonyms"], strict=True)), at)

    def _keep(self, tenant_id: str, seen: _Seen) -> _Seen:
        self._seen[tenant_id] = seen
        self._seen.move_to_end(tenant_id)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return seen


def draw(mnos: Collection[str], taken: Collection[str]) -> Mapping[str, str]:
    """A pseudonym for each MNO, at random from those not `taken`; what is left when they run out gets none."""
    free: Sequence[str] = [name for name in map(_name, ALPHABET) if name not in taken]
    if len(free) < len(mnos):
        free = [*free, *(name for name in map(_name, LONG_ALPHABET) if name not in taken)]
    return dict(zip(sorted(mnos), _random.sample(free, min(len(mnos), len(free))), strict=False))


def _name(letter: str) -> str:
    return f"MNO-{letter}"
