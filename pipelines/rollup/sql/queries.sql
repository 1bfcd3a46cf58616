-- name: close_days
-- Closes the days before $1 that are clean, and closed days again whose changes were not kept. Reports said what their daily
-- rows say at the time of closing.
update anlyt.event_days set kept_version = version, closed_at = clock_timestamp()
where day < $1 and version = rolled_version and kept_version is distinct from version

-- name: daily_rows
-- The daily rows of day $1, with their costs in other currencies. Histograms are sent as bytes: most are only compared.
select scope, scope_id, {counters_or_zero}, coalesce(total_cost, 0.000000) as total_cost,
    coalesce(currencies, '{}') as currencies, coalesce(costs, '{}') as costs,
    array_send(coalesce(latency_bins, '{}')) as bins, array_send(coalesce(latency_counts, '{}')) as counts
from (select * from anlyt.metrics_daily where day_bucket = $1) as metrics
full join (
    select scope, scope_id, array_agg(currency::text order by currency) as currencies,
        array_agg(total_cost order by currency) as costs
    from anlyt.costs_daily
    where day_bucket = $1
    group by scope, scope_id
) as others using (scope, scope_id)

-- name: day_state
-- The version of day $1: the number of its changes. If its changes are kept: whether it has changed, since when, and why.
-- What this snapshot shows was visible to reports at read_at.
select version, coalesce(kept_version = rolled_version, false) as is_kept, version > rolled_version as is_dirty,
    coalesce(changed_at, closed_at) as changed_at, coalesce(changed_by, '{EVENTS}') as causes, clock_timestamp() as read_at
from anlyt.event_days where day = $1

-- name: delete_costs
-- Deletes the daily costs of day $1.
delete from anlyt.costs_daily where day_bucket = $1

-- name: delete_metrics
-- Deletes the daily rows of day $1.
delete from anlyt.metrics_daily where day_bucket = $1

-- name: dirty_days
-- The days to add up: day $1 if it is not null, else all if $2, else those that changed since they were last added up.
select day from anlyt.event_days
where case when $1::date is not null then day = $1 else $2 or version > rolled_version end

-- name: insert_costs
-- Adds up the costs in other currencies of the hours from $2 until $3 as those of day $1.
insert into anlyt.costs_daily (day_bucket, scope, scope_id, currency, total_cost)
select $1, scope, scope_id, currency, sum(total_cost)
from anlyt.costs_hourly
where hour_bucket >= $2 and hour_bucket < $3
group by scope, scope_id, currency

-- name: lock_day
-- Locks day $1, so that one transaction at a time adds it up: a run that lost its lease may still be active.
select pg_advisory_xact_lock(hashtext('anlyt.rollup'), $1::date - date '1970-01-01')

-- name: mark_rolled
-- Notes that day $1 was added up at version $2; the day stays dirty if it has changed since. Returns its version now.
update anlyt.event_days
set rolled_version = $2, kept_version = case when kept_version = rolled_version then $2 else kept_version end
where day = $1
returning version

-- name: restate
-- Notes that the daily rows of day $1 changed: reports said the former ones until $2, and the new ones from $3 on, because of
-- $4. Returns the change's number.
insert into anlyt.restatements (day, number, changed_at, settled_at, causes, is_archived)
select $1, count(*) + 1, $2, $3, $4,
    exists (select from anlyt.archive_batches where day = $1 and state = 'ARCHIVED')
from anlyt.restatements where day = $1
returning number

-- name: sum_hours
-- The hours from $1 until $2 of each subject: the sums of their counters, and the bins of their histograms, one hour after
-- the other. Adding up bins in SQL would cost more than all the rest.
select scope, scope_id, {counters_summed}, sum(total_cost) as total_cost,
    array_send(anlyt.joined(latency_bins)) as bins, array_send(anlyt.joined(latency_counts)) as counts
from anlyt.metrics_hourly
where hour_bucket >= $1 and hour_bucket < $2
group by scope, scope_id
