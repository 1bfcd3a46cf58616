"""The names under which a tenant reads MNOs: real names under a data-share addendum, otherwise its own pseudonyms.

A pseudonym (`MNO-K`) is drawn at random when a tenant's data first has that MNO, and never changes. So it reveals
nothing about name, volume or order, and one tenant's pseudonyms reveal nothing about another's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from secrets import SystemRandom
from string import ascii_uppercase
from typing import Final, TypeAlias

from graph.access.scope import Scope, readable_extent
from graph.postgres import connected, transaction, with_deadline
from infra.postgres import Connection, Pool
from infra.sql import statement
from schema.facts import UNKNOWN

KNOWN_MNOS: Final = ("AWCC", "ETISALAT_AF", "MTN_AF", "ROSHAN", "SALAAM")
ALPHABET: Final = tuple(ascii_uppercase)
LONG_ALPHABET: Final = tuple(map("".join, product(ALPHABET, repeat=2)))  # used when ALPHABET is exhausted

# Real MNO -> pseudonym. None: the tenant reads real names.
PseudonymByMno: TypeAlias = Mapping[str, str] | None

_SQL: Final = Path(__file__).parent / "sql"
_NAMES, _LOCK, _ADD = (statement(_SQL, name) for name in ("mno_names", "lock_pseudonyms", "add_pseudonyms"))
_random: Final = SystemRandom()


@dataclass(frozen=True, slots=True)
class _TenantNames:
    """A tenant's stored pseudonyms, and whether an addendum unmasks the real names."""

    unmasked: bool
    pseudonyms: Mapping[str, str]

    @property
    def readable(self) -> PseudonymByMno:
        """The names that the tenant reads; `unknown`, which is no MNO, stays `unknown`."""
        return None if self.unmasked else {**self.pseudonyms, UNKNOWN: UNKNOWN}


class Pseudonyms:
    """Reads and writes pseudonyms in the primary, without a cache, so that a revoked addendum ends immediately."""

    def __init__(self, primary: Pool) -> None:
        self._primary = primary

    async def of_tenant(self, tenant_id: str) -> PseudonymByMno:
        """Returns the pseudonym of each MNO, or None with an addendum in force. Raises DependencyUnavailableError."""
        async with with_deadline("pseudonyms", self._primary), connected(self._primary) as connection:
            names = await _read(connection, tenant_id)
        if not names.unmasked and not names.pseudonyms.keys() >= set(KNOWN_MNOS):
            return await self.assign(tenant_id, ())
        return names.readable

    async def readable_by(self, caller: Scope, tenant_id: str | None) -> PseudonymByMno:
        """Returns the pseudonyms that a caller of a tenant reads, or None when it reads names."""
        if readable_extent(caller, "MNO") == "EVERYBODYS":
            return None
        if tenant_id is None:
            raise AssertionError("only a tenant reads pseudonyms")
        return await self.of_tenant(tenant_id)

    async def assign(self, tenant_id: str, mnos: Collection[str]) -> PseudonymByMno:
        """Assigns pseudonyms to those of `mnos` without one, while there are free ones; then returns `of_tenant`."""
        async with (
            with_deadline("pseudonyms", self._primary),
            connected(self._primary) as connection,
            transaction(connection),
        ):
            await connection.execute(_LOCK, tenant_id)
            names = await _read(connection, tenant_id)
            drawn = draw({*KNOWN_MNOS, *mnos} - {*names.pseudonyms, UNKNOWN}, names.pseudonyms.values())
            await connection.execute(_ADD, tenant_id, list(drawn), list(drawn.values()))
        return _TenantNames(names.unmasked, {**names.pseudonyms, **drawn}).readable


async def _read(connection: Connection, tenant_id: str) -> _TenantNames:
    row = await connection.fetchrow(_NAMES, tenant_id)
    assert row is not None
    return _TenantNames(row["unmasked"], dict(zip(row["mnos"], row["pseudonyms"], strict=True)))


def draw(mnos: Collection[str], used: Collection[str]) -> Mapping[str, str]:
    """Draws a random pseudonym outside `used` for each MNO. When they run out, the remaining MNOs get none."""
    free: Sequence[str] = [name for name in map(_name, ALPHABET) if name not in used]
    if len(free) < len(mnos):
        free = [*free, *(name for name in map(_name, LONG_ALPHABET) if name not in used)]
    return dict(zip(sorted(mnos), _random.sample(free, min(len(mnos), len(free))), strict=False))


def _name(letters: str) -> str:
    return f"MNO-{letters}"
