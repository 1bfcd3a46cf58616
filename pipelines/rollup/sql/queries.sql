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
-- Notes that day $1 was added up at version $2; the day stays dirty if it has changed since.
update anlyt.event_days set rolled_version = $2 where day = $1

-- name: sum_hours
-- The hours from $1 until $2 of each subject: the sums of their counters, and the bins of their histograms, one hour after
-- the other. Adding up bins in SQL would cost more than all the rest.
select scope, scope_id, {counters_summed}, sum(total_cost) as total_cost,
    array_send(anlyt.joined(latency_bins)) as bins, array_send(anlyt.joined(latency_counts)) as counts
from anlyt.metrics_hourly
where hour_bucket >= $1 and hour_bucket < $2
group by scope, scope_id

-- name: version
-- The version of day $1: the number of its changes.
select version from anlyt.event_days where day = $1
