-- name: contested_peaks
-- The cells whose peak a discarded copy may have told, with what they count now; no version where there is no such cell.
select scope, scope_id, hour_bucket, m.xmin::text as version,
    coalesce(m.delivered_messages + m.failed_messages + m.pending_messages, 0) as events
from anlyt.contested_peaks
left join anlyt.metrics_hourly as m using (scope, scope_id, hour_bucket)
order by hour_bucket, scope, scope_id
limit 10000

-- name: copied_events
-- Events that are facts of more than one tenant: time in microseconds since 1970, and key.
select toUnixTimestamp64Micro(event_time), event_key
from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and toStartOfMinute(event_time) in JSONExtract(%(minutes)s, 'Array(DateTime(\'UTC\'))')
group by event_time, event_key
having min(tenant_id) != max(tenant_id)

-- name: delete_facts
-- Removes facts, by time, key and tenant.
delete from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and (toUnixTimestamp64Micro(event_time), event_key, tenant_id)
        in JSONExtract(%(facts)s, 'Array(Tuple(Int64, UInt64, String))')

-- name: facts_of_events
-- The facts of some events, each tenant's once, as copies.Fact has them.
select toUnixTimestamp64Micro(event_time) as at, event_key, tenant_id, max(ver)
from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and (toUnixTimestamp64Micro(event_time), event_key) in JSONExtract(%(events)s, 'Array(Tuple(Int64, UInt64))')
group by event_time, event_key, tenant_id

-- name: forget_contested
-- The peak of a cell is settled.
delete from anlyt.contested_peaks where (scope, scope_id, hour_bucket) = ($1, $2, $3::timestamptz)

-- name: lock_day
-- Locks a day before its cells, as ingest does.
select from anlyt.event_days where day = $1 for update

-- name: marked_minutes
-- The minutes (seconds since 1970) of each table of facts that are to be searched, the newest first.
select distinct cube, toUnixTimestamp(hour) as minute from anlyt.dirty
where cube in %(tables)s
order by cube, minute desc
limit %(limit)s

-- name: marks
-- The marks of some of a table's minutes, in seconds since 1970. Read before the facts: every fact of such a mark is there.
select mark_id, tenant_id, toUnixTimestamp(hour) from anlyt.dirty
where cube = %(facts)s and toUnixTimestamp(hour) in JSONExtract(%(minutes)s, 'Array(UInt32)')

-- name: newest_stored
-- When the streams stored the newest of the events from $1 until $2 that are counted; nanoseconds since 1970.
select coalesce(max(stored_ns), 0) from anlyt.processed_events where event_at >= $1 and event_at < $2

-- name: rates
-- Of each operator and account, the highest rate that its reports told and how many they are: of copies, the first.
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
-- Removes marks that were seen; one of the same minutes that came meanwhile stays.
delete from anlyt.dirty where mark_id in cast(%(marks)s as Array(UUID))

-- name: set_peak
-- Sets the peak of a cell that is still at its version ($5); returns whether it was.
update anlyt.metrics_hourly set peak_tps = $4, updated_at = now()
where (scope, scope_id, hour_bucket) = ($1, $2, $3::timestamptz) and xmin::text = $5
returning true
