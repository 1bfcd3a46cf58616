-- The batches of the archive that count, of the days from $1 until $2, both included.
select day - date '1970-01-01' as day, array_agg(batch) as batches
from anlyt.archive_batches
where state = 'ARCHIVED' and day between $1 and $2
group by day
