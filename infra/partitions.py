"""Makes partitions in PostgreSQL."""

from typing import Final

from infra.postgres import Pool
from schema.partitions import Partition

_ENSURE: Final = "select anlyt.ensure_partition($1, $2, $3)"


async def ensure(pool: Pool, partition: Partition) -> None:
    """Makes it unless it is there, in a transaction of its own: locks are held briefly, and few at a time."""
    await pool.execute(_ENSURE, *partition)
