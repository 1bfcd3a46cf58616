-- name: contested_cells
-- Up to $2 cells of the hour $1 whose peak may come from a discarded copy, with their reports, in random order. The
-- version is null if the cell is gone.
select scope, scope_id, m.xmin::text as version,
    coalesce(m.delivered_messages + m.failed_messages + m.pending_messages, 0) as events
from anlyt.contested_peaks
left join anlyt.metrics_hourly as m using (scope, scope_id, hour_bucket)
where hour_bucket = $1
order by random()
limit $2

-- name: contested_hours
-- Up to $1 hours with contested cells, in random order: hours that have to wait never keep others from their turn.
select hour_bucket from (select distinct hour_bucket from anlyt.contested_peaks) as hours
order by random()
limit $1

-- name: copied_events
-- Events with facts of more than one tenant: time in microseconds since 1970, and key.
select toUnixTimestamp64Micro(event_time), event_key
from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and toStartOfMinute(event_time) in JSONExtract(%(minutes)s, 'Array(DateTime(\'UTC\'))')
group by event_time, event_key
having min(tenant_id) != max(tenant_id)

-- name: delete_facts
-- Deletes facts by time, key and tenant.
delete from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and (toUnixTimestamp64Micro(event_time), event_key, tenant_id)
        in JSONExtract(%(facts)s, 'Array(Tuple(Int64, UInt64, String))')

-- name: facts_of_events
-- The facts of some events, one per tenant, in the form of copies.Fact.
select toUnixTimestamp64Micro(event_time) as at, event_key, tenant_id, max(ver)
from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and (toUnixTimestamp64Micro(event_time), event_key) in JSONExtract(%(events)s, 'Array(Tuple(Int64, UInt64))')
group by event_time, event_key, tenant_id

-- name: forget_contested
-- Deletes the mark of a cell whose peak is settled.
delete from anlyt.contested_peaks where (scope, scope_id, hour_bucket) = ($1, $2, $3::timestamptz)

-- name: forget_gone
-- Deletes the mark of a cell that is gone; returns whether it was, as another event may have made it again.
delete from anlyt.contested_peaks as mark
where (scope, scope_id, hour_bucket) = ($1, $2, $3::timestamptz) and not exists (
    select from anlyt.metrics_hourly as m
    where (m.scope, m.scope_id, m.hour_bucket) = (mark.scope, mark.scope_id, mark.hour_bucket)
)
returning true

-- name: lock_day
-- Locks a day before its cells, as ingest does.
select from anlyt.event_days where day = $1 for update

-- name: marked_minutes
-- The marked minutes (seconds since 1970) of each fact table, newest first.
select distinct cube, toUnixTimestamp(hour) as minute from anlyt.dirty
where cube in %(tables)s
order by cube, minute desc
limit %(limit)s

-- name: marks
-- The marks of some of a fact table's minutes (seconds since 1970). Read before the facts, so that the facts of every
-- mark are stored by then.
select mark_id, tenant_id, toUnixTimestamp(hour) from anlyt.dirty
where cube = %(facts)s and toUnixTimestamp(hour) in JSONExtract(%(minutes)s, 'Array(UInt32)')

-- name: name_cause
-- Names the cause of what this transaction changes, for the history of closed days.
select set_config('anlyt.cause', 'COPIES', true)

-- name: newest_stored
-- When the streams stored the newest counted event from $1 until $2, in nanoseconds since 1970.
select coalesce(max(stored_ns), 0) from anlyt.processed_events where event_at >= $1 and event_at < $2

-- name: rates
-- The highest rate and the number of reports per operator and account. Only the first of an event's copies counts.
select operator, account, max(rate) as peak, count() as events
from (
    select
        argMax(operator_id, ver) as operator,
        argMax(account_id, ver) as account,
        argMax(tps_snapshot, ver) as rate
    from anlyt.facts_dlr
    where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    group by event_time, event_key
)
group by operator, account

-- name: remove_marks
-- Removes marks by id; newer marks of the same minutes stay.
delete from anlyt.dirty where mark_id in cast(%(marks)s as Array(UUID))

-- name: set_peak
-- Sets the peak of a cell that is still at its version ($5); returns whether it was.
update anlyt.metrics_hourly set peak_tps = $4, updated_at = now()
where (scope, scope_id, hour_bucket) = ($1, $2, $3::timestamptz) and xmin::text = $5
returning true
