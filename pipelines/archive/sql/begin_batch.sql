-- Begins a batch of days ($1); returns its number.
insert into anlyt.archive_batches (batch, day)
select number.batch, day
from (select nextval('anlyt.archive_batch') as batch) as number
cross join unnest($1::date[]) as day
returning batch
