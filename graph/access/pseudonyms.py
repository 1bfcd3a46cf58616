"""What a tenant may know of MNOs: their names under a data-share addendum, and else pseudonyms of its own.

A pseudonym (`MNO-K`) is drawn at random when an MNO is first met for a tenant, and kept for ever. So it is stable, it
says nothing of name, volume or order, and one tenant's pseudonyms say nothing of another's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from secrets import SystemRandom
from string import ascii_uppercase
from typing import Final, TypeAlias

from graph.postgres import connected, transaction, with_deadline
from infra.postgres import Connection, Pool
from infra.sql import statement
from schema.facts import UNKNOWN

KNOWN: Final = ("AWCC", "ETISALAT_AF", "MTN_AF", "ROSHAN", "SALAAM")
ALPHABET: Final = tuple(ascii_uppercase)
LONG_ALPHABET: Final = tuple(map("".join, product(ALPHABET, repeat=2)))  # once the short one is used up

# Real MNO -> pseudonym; None: real names may be shown.
PseudonymByMno: TypeAlias = Mapping[str, str] | None

_SQL: Final = Path(__file__).parent / "sql"
_NAMES, _LOCK, _ADD = (statement(_SQL, name) for name in ("mno_names", "lock_pseudonyms", "add_pseudonyms"))
_random: Final = SystemRandom()


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a tenant."""

    unmasked: bool
    pseudonyms: Mapping[str, str]

    @property
    def shown(self) -> PseudonymByMno:
        return None if self.unmasked else {**self.pseudonyms, UNKNOWN: UNKNOWN}


class Pseudonyms:
    """Reads and writes at `primary`: a replica may not have heard yet that an addendum was revoked.

    Nothing is remembered, for the same reason.
    """

    def __init__(self, primary: Pool) -> None:
        self._primary = primary

    async def of_tenant(self, tenant_id: str) -> PseudonymByMno:
        """What stands for each MNO that a tenant has met; None with an addendum in force. DependencyUnavailableError.

        `unknown`, which is no MNO, stands for itself.
        """
        async with with_deadline("pseudonyms", self._primary), connected(self._primary) as taken:
            seen = await _read(taken, tenant_id)
        if not seen.unmasked and not seen.pseudonyms.keys() >= set(KNOWN):
            return await self.learn(tenant_id, ())
        return seen.shown

    async def learn(self, tenant_id: str, mnos: Collection[str]) -> PseudonymByMno:
        """The same, after those of `mnos` that have no pseudonym got one, as far as there are any left."""
        async with with_deadline("pseudonyms", self._primary), connected(self._primary) as taken, transaction(taken):
            await taken.execute(_LOCK, tenant_id)
            seen = await _read(taken, tenant_id)
            drawn = draw({*KNOWN, *mnos} - {*seen.pseudonyms, UNKNOWN}, seen.pseudonyms.values())
            await taken.execute(_ADD, tenant_id, list(drawn), list(drawn.values()))
        return _Known(seen.unmasked, {**seen.pseudonyms, **drawn}).shown


async def _read(connection: Connection, tenant_id: str) -> _Known:
    row = await connection.fetchrow(_NAMES, tenant_id)
    assert row is not None
    return _Known(row["unmasked"], dict(zip(row["mnos"], row["pseudonyms"], strict=True)))


def draw(mnos: Collection[str], taken: Collection[str]) -> Mapping[str, str]:
    """A pseudonym for each MNO, at random from those not `taken`; what is left when they run out gets none."""
    free: Sequence[str] = [name for name in map(_name, ALPHABET) if name not in taken]
    if len(free) < len(mnos):
        free = [*free, *(name for name in map(_name, LONG_ALPHABET) if name not in taken)]
    return dict(zip(sorted(mnos), _random.sample(free, min(len(mnos), len(free))), strict=False))


def _name(letter: str) -> str:
    return f"MNO-{letter}"
