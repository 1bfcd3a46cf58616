-- name: account_numbers
-- The numbers of some accounts ($1).
select array_send(array_agg(number)) from anlyt.accounts where account_id = any($1::text[])

-- name: active_between
-- The numbers of the accounts with an event from $1 until $2. anlyt.accounts has every account that has hours.
select array_send(array_agg(number))
from anlyt.accounts
where exists (
    select from anlyt.metrics_hourly
    where scope = 'ACCOUNT' and scope_id = account_id and hour_bucket >= $1 and hour_bucket < $2
)

-- name: active_days
-- The sets of accounts that were active on the days $1, if computed at the day's current version; for the days $2, hour
-- by hour, too.
select active.day - date '1970-01-01' as day, accounts, case when active.day = any($2::date[]) then hours end as hours
from anlyt.active_days as active
join anlyt.event_days as days on days.day = active.day and days.version = active.version
where active.day = any($1::date[])

-- name: archived_operators
-- The operators with an event in the archive.
select coalesce(array_agg(operator_id), '{}') from anlyt.archived_operators

-- name: as_of_accounts
-- The accounts that had an event on closed days ($1), as these were at $2, by day.
with changed as materialized (
    select day, scope_id, min(number) as number
    from anlyt.restatements
    join anlyt.restated_rows using (day, number)
    where day = any($1::date[]) and changed_at > $2 and scope = 'ACCOUNT'
    group by day, scope_id
)
select scope_id
from anlyt.metrics_daily
where scope = 'ACCOUNT' and day_bucket = any($1::date[]) and (day_bucket, scope_id) not in (select day, scope_id from changed)
union
select scope_id
from changed
join anlyt.restated_rows using (day, number, scope_id)
where scope = 'ACCOUNT' and not is_after

-- name: as_of_changed
-- The subjects of scope $1 on days $2 that changed after $3, with days since 1970.
select day - date '1970-01-01' as day, scope_id
from anlyt.restatements
join anlyt.restated_rows using (day, number)
where day = any($2::date[]) and changed_at > $3 and scope = $1

-- name: as_of_changes
-- When the days from $1 to $2 were changing: from the first of some changes until they were added up.
select changed_at, settled_at from anlyt.restatements where day between $1 and $2

-- name: as_of_days
-- The days from $1 to $2 that have figures, and whether their state at $3 is known: since when it is kept; since when the day
-- has been changing; whether it was changing at $3; the newest change since in the archive.
select day, case when kept_version = rolled_version then closed_at end as closed_at,
    case when version > rolled_version then event_days.changed_at end as changing_since,
    coalesce(changes.was_changing, false) as was_changing, changes.archived_at
from anlyt.event_days
cross join lateral (
    select bool_or(changed_at <= $3 and settled_at > $3) as was_changing,
        max(settled_at) filter (where changed_at > $3 and is_archived) as archived_at
    from anlyt.restatements
    where restatements.day = event_days.day and settled_at > $3
) as changes
where day between $1 and $2

-- name: begin
-- Begins a report's transaction. It locks the hourly tables before the first query takes the snapshot, so that no month
-- of the snapshot is dropped meanwhile.
begin isolation level repeatable read read only;
set local statement_timeout = {milliseconds};
lock table only anlyt.metrics_hourly, only anlyt.costs_hourly in access share mode

-- name: day_versions
-- The newest event stored; the versions and newest claims of the days from $1 to $2; and the archive batches that count,
-- by day. Arrays are sent as bytes, as asyncpg would need a query to learn their types.
with days as (
    select
        array_send(array_agg(day - date '1970-01-01')) as days,
        array_send(array_agg(version)) as versions,
        array_send(array_agg(coalesce(newest_claim_at, '-infinity'))) as claims
    from anlyt.event_days
    where day between $1 and $2
), archive as (
    select array_send(array_agg(day - date '1970-01-01')) as archived, array_send(array_agg(batch)) as batches
    from anlyt.archive_batches
    where state = 'ARCHIVED' and day between $1 and $2
)
select (select max(newest_event_at) from anlyt.data_as_of) as data_as_of, days.*, archive.* from days, archive

-- name: columns
-- Rows of cells.sql or of sums in one row, with an array per column: a client decodes it much faster. Costs are in
-- millionths. `bins` and `counts` have an array per row.
select array_agg(scope_id) as ids, array_send(array_agg(hour)) as hours, {counters_sent},
    string_agg((total_cost * 1000000)::numeric(44, 0)::text, ',') as costs, array_agg(coalesce(currency, '')) as currencies,
    array_send(array_agg(coalesce(length(bins), 0))) as lengths, string_agg(bins, '') as bins, string_agg(counts, '') as counts
from (rows) as cells

-- name: is_future
-- Whether $1 is later than the beginning of this transaction, by the clock of the days' changes.
select $1::timestamptz > now()

-- name: sums
-- The rows of cells.sql, summed by subject, currency and an expression of their first hour, without latencies.
select scope_id, first_hour as hour, {counters_summed}, sum(total_cost) as total_cost, null::bytea as bins, null::bytea as counts,
    currency
from (cells) as cells
group by scope_id, currency, 2

-- name: with_versions
-- The row of day_versions, and that of columns, in one snapshot.
select * from (versions) as versions cross join (columns) as columns

-- name: archived_account_days
-- The accounts with an event on archived days. (ClickHouse)
select distinct scope_id
from anlyt.metrics_daily_archive
where scope = 'ACCOUNT' and batch in {batches:Array(Int64)} and day_bucket >= toDate(intDiv({first:UInt32}, 24))
    and day_bucket < toDate(intDiv({end:UInt32}, 24))

-- name: archived_accounts
-- The accounts with an event in archived hours. (ClickHouse)
select distinct scope_id
from anlyt.metrics_hourly_archive
where scope = 'ACCOUNT' and batch in {batches:Array(Int64)} and hour_bucket >= toDateTime({first:UInt32} * 3600, 'UTC')
    and hour_bucket < toDateTime({end:UInt32} * 3600, 'UTC')

-- name: archived_days
-- The archived days of some subjects, each with its first hour. (ClickHouse)
select scope_id, toInt64(toInt32(day_bucket)) * 24 as hour, {counters}, total_cost, costs,
    latency_bins, latency_counts
from anlyt.metrics_daily_archive final
where scope = {scope:String} and scope_id in {ids:Array(String)}
    and batch in {batches:Array(Int64)} and day_bucket >= toDate(intDiv({first:UInt32}, 24))
    and day_bucket < toDate(intDiv({end:UInt32}, 24))

-- name: archived_hours
-- The archived hours of some subjects. (ClickHouse)
select scope_id, intDiv(toUnixTimestamp(hour_bucket), 3600) as hour, {counters}, total_cost, costs,
    latency_bins, latency_counts
from anlyt.metrics_hourly_archive final
where scope = {scope:String} and scope_id in {ids:Array(String)}
    and batch in {batches:Array(Int64)} and hour_bucket >= toDateTime({first:UInt32} * 3600, 'UTC')
    and hour_bucket < toDateTime({end:UInt32} * 3600, 'UTC')

-- name: unsettled_days
-- How many of the $3 days from $1 to $2 were not compared with billing since their last change, or differ from it.
with newest as (
    select distinct on (day, currency) day, status, compared_at
    from anlyt.reconciliation_log
    where day between $1 and $2
    order by day, currency, run_id desc
), settled as (
    select newest.day
    from newest
    left join anlyt.event_days as days on days.day = newest.day
    group by newest.day
    having bool_and(newest.status = 'OK' and coalesce(days.newest_claim_at < newest.compared_at, true))
)
select $3::int8 - count(*) from settled
