-- A number for what is going to be written of some days ($1).
insert into anlyt.archive_batches (batch, day)
select number.batch, day
from (select nextval('anlyt.archive_batch') as batch) as number
cross join unnest($1::date[]) as day
returning batch
