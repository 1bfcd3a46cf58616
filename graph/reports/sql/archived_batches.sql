-- The batches of the archive that count, of the days from $1 until $2, both included. (No array: asyncpg would have to
-- ask what it is on each new connection.)
select day - date '1970-01-01' as day, batch
from anlyt.archive_batches
where state = 'ARCHIVED' and day between $1 and $2
