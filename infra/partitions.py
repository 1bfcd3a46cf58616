"""Creates partitions in PostgreSQL."""

from typing import Final

from infra.postgres import Pool
from schema.partitions import Partition

_ENSURE: Final = "select anlyt.ensure_partition($1, $2, $3)"


async def ensure(pool: Pool, partition: Partition) -> None:
    """Creates the partition if it is missing, in a transaction of its own: few locks, held briefly."""
    await pool.execute(_ENSURE, *partition)
