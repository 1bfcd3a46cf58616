-- name: abandon_batches
-- Abandons the unfinished batches of killed runs, which cannot finish them after this.
with given_up as (
    update anlyt.archive_batches set state = 'ABANDONED' where state <> 'ARCHIVED' returning batch, day
)
select batch, min(day) as first, max(day) as last from given_up group by batch

-- name: archived_daily
-- The archive's daily rows of a batch, in the form of rows.Row.
select scope, scope_id, toInt32(day_bucket) as bucket, {counters}, total_cost, costs, latency_bins, latency_counts
from anlyt.metrics_daily_archive
where batch = {batch:Int64} and day_bucket between {first:Date} and {last:Date}

-- name: archived_hourly
-- The archive's hourly rows of a batch, in the form of rows.Row.
select scope, scope_id, toUnixTimestamp(hour_bucket) as bucket, {counters}, total_cost, costs, latency_bins, latency_counts
from anlyt.metrics_hourly_archive
where batch = {batch:Int64} and hour_bucket >= toDateTime({first:Date}, 'UTC')
    and hour_bucket < toDateTime({last:Date} + 1, 'UTC')

-- name: begin_batch
-- Begins a batch of days ($1) with a number above $2; returns it. Draws numbers until one is: no run gets another's.
insert into anlyt.archive_batches (batch, day)
select number.batch, day
from (
    select max(nextval('anlyt.archive_batch')) as batch
    from (select last_value + is_called::int as next from anlyt.archive_batch) as undrawn
    cross join generate_series(undrawn.next, greatest(undrawn.next, $2::int8 + 1))
) as number
cross join unnest($1::date[]) as day
returning batch

-- name: clean_version
-- The version of day $1 if its daily rows are the sum of its hours, else null.
select case when version = rolled_version then version end from anlyt.event_days where day = $1

-- name: delete_daily
-- Deletes the daily rows that a killed run wrote of a batch.
delete from anlyt.metrics_daily_archive where batch = {batch:Int64} and day_bucket between {first:Date} and {last:Date}

-- name: delete_hourly
-- Deletes the hourly rows that a killed run wrote of a batch.
delete from anlyt.metrics_hourly_archive where batch = {batch:Int64} and hour_bucket >= toDateTime({first:Date}, 'UTC')
    and hour_bucket < toDateTime({last:Date} + 1, 'UTC')

-- name: drop_daily_costs
-- Deletes the daily costs of day $1.
delete from anlyt.costs_daily where day_bucket = $1

-- name: drop_daily_metrics
-- Deletes the daily metrics of day $1.
delete from anlyt.metrics_daily where day_bucket = $1

-- name: drop_hourly_costs
-- Deletes the hourly costs from $1 until $2.
delete from anlyt.costs_hourly where hour_bucket >= $1 and hour_bucket < $2

-- name: drop_hourly_metrics
-- Deletes the hourly metrics from $1 until $2.
delete from anlyt.metrics_hourly where scope in ('PLATFORM', 'OPERATOR', 'ACCOUNT') and hour_bucket >= $1 and hour_bucket < $2

-- name: drop_partition
-- Drops a partition ($2) of a table ($1) if it is empty.
select anlyt.drop_empty_partition($1, $2)

-- name: finish_batch
-- Makes batch $1 the archive of day $2; changes nothing if another run has abandoned it.
update anlyt.archive_batches
set state = 'ARCHIVED', archived = clock_timestamp(), hourly_rows = $3, daily_rows = $4, total_messages = $5, digest = $6
where batch = $1 and day = $2 and state = 'WRITING'

-- name: forget_batch
-- Deletes the record of an abandoned batch ($1) whose rows are gone.
delete from anlyt.archive_batches where batch = $1 and state = 'ABANDONED'

-- name: keep_operators
-- Remembers the operators that have rows from $1 until $2.
insert into anlyt.archived_operators
select distinct scope_id from anlyt.metrics_hourly
where scope = 'OPERATOR' and hour_bucket >= $1 and hour_bucket < $2
on conflict do nothing

-- name: lock_versions
-- The versions of days $1, locked until the transaction ends.
select day, version from anlyt.event_days where day = any($1::date[]) order by day for update

-- name: mark_empty
-- Marks day $1, whose hourly and daily rows are gone, as rolled up and without active accounts. To move is no change.
with emptied as (
    update anlyt.event_days
    set rolled_version = version, kept_version = case when kept_version = rolled_version then version else kept_version end
    where day = $1
    returning day, version
)
insert into anlyt.active_days (day, version)
select day, version from emptied
on conflict (day) do update set version = excluded.version, accounts = '', hours = ''

-- name: newest_batch
-- The largest number of a batch in the archive, whether it counts or not; 0 if there is none.
select greatest(
    (select max(batch) from anlyt.metrics_hourly_archive), (select max(batch) from anlyt.metrics_daily_archive)
) as batch

-- name: old_partitions
-- The partitions of hourly rows whose month ended before $1.
select parent.relname as parent, child.relname as child
from pg_inherits
join pg_class as parent on parent.oid = inhparent
join pg_class as child on child.oid = inhrelid
where parent.relnamespace = 'anlyt'::regnamespace and parent.relname in ('metrics_hourly', 'costs_hourly')
    and to_date(substring(child.relname from '_(\d{8})$'), 'YYYYMMDD') + interval '1 month' <= $1::date
order by child.relname
