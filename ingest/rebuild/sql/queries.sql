-- name: accounts
-- Remembers the accounts that had an event. Only new accounts draw a number from the sequence.
insert into anlyt.accounts (account_id)
select account_id
from anlyt_rebuild.accounts as counted
where not exists (select from anlyt.accounts as known where known.account_id = counted.account_id)
order by account_id
on conflict do nothing

-- name: as_of
-- The newest event that was counted into new cells from hour $1 on.
select max(event_at) from anlyt_rebuild.processed_events where event_at >= $1

-- name: claims
-- Claims the events that were counted into new cells from hour $1 on. If copies differ, the new cells have the one that
-- the stream stored first, whichever was claimed before.
insert into anlyt.processed_events as claims (event_at, event_key, stored_ns)
select event_at, event_key, stored_ns from anlyt_rebuild.processed_events where event_at >= $1 order by 1, 2
on conflict (event_at, event_key) do update set stored_ns = excluded.stored_ns
where claims.stored_ns <> excluded.stored_ns

-- name: clear_unbilled
-- Sets messages, segments and cost to 0 in the cells from hour $1 on that have no billing event.
update anlyt.metrics_hourly as m set
    total_cost = 0, billing_events = 0, ({billed}) = row({billed_zero}), updated_at = now()
where hour_bucket >= $1
    and (m.total_cost, m.billing_events, {billed_stored}) is distinct from (0, 0, {billed_zero})
    and not exists (
        select from anlyt_rebuild.metrics_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket) = (m.scope, m.scope_id, m.hour_bucket)
    )

-- name: clear_undelivered
-- Sets outcomes and latency to 0 in the cells from hour $1 on that have no delivery report. The cell itself stays: a
-- charge and its refund may have left it all zeros, which differs from no cell.
update anlyt.metrics_hourly as m set
    latency_bins = '{}', latency_counts = '{}', ({delivered}) = row({delivered_zero}), updated_at = now()
where hour_bucket >= $1
    and (m.latency_bins, m.latency_counts, {delivered_stored})
        is distinct from ('{}'::int2[], '{}'::int8[], {delivered_zero})
    and not exists (
        select from anlyt_rebuild.metrics_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket) = (m.scope, m.scope_id, m.hour_bucket)
    )

-- name: days
-- The event days from hour $1 on that have old or new figures, in order.
select day from anlyt.event_days where day >= ($1::timestamptz at time zone 'UTC')::date
union
select distinct (event_at at time zone 'UTC')::date from anlyt_rebuild.processed_events where event_at >= $1
order by day

-- name: delete_costs
-- Deletes cost from hour $1 on in currencies without a billing event.
delete from anlyt.costs_hourly as c
where hour_bucket >= $1
    and not exists (
        select from anlyt_rebuild.costs_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket, s.currency) = (c.scope, c.scope_id, c.hour_bucket, c.currency)
    )

-- name: delete_unbilled
-- Deletes cells from hour $1 on that have neither a billing event nor a delivery report; every report is in a counter.
delete from anlyt.metrics_hourly as m
where hour_bucket >= $1
    and m.delivered_messages = 0 and m.failed_messages = 0 and m.pending_messages = 0
    and not exists (
        select from anlyt_rebuild.metrics_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket) = (m.scope, m.scope_id, m.hour_bucket)
    )

-- name: drop_stage
-- Removes the tables of a rebuild, also those of one that was killed.
drop schema if exists anlyt_rebuild cascade

-- name: make_stage
-- Creates the tables that a rebuild counts into: like the live ones, but without partitions. Unlogged, because a rebuild
-- whose connection breaks starts again.
create schema anlyt_rebuild
    create unlogged table processed_events (like anlyt.processed_events including all)
    create unlogged table metrics_hourly (like anlyt.metrics_hourly including all)
    create unlogged table costs_hourly (like anlyt.costs_hourly including all)
    create unlogged table accounts (like anlyt.accounts including all)

-- name: one_source
-- Whether function $1 only ever read the incarnation of its stream that was created at $2.
select not exists (select from anlyt.sources where function = $1 and stream_made_at <> $2)

-- name: replace_billed
-- Replaces cost and the counters of billing events in the cells from hour $1 on, where they differ.
insert into anlyt.metrics_hourly as m (scope, scope_id, hour_bucket, total_cost, billing_events, {billed})
select scope, scope_id, hour_bucket, total_cost, billing_events, {billed}
from anlyt_rebuild.metrics_hourly where hour_bucket >= $1
on conflict (scope, scope_id, hour_bucket) do update set
    total_cost = excluded.total_cost,
    billing_events = excluded.billing_events,
    ({billed}) = row({billed_new}),
    updated_at = now()
where (m.total_cost, m.billing_events, {billed_stored})
    is distinct from (excluded.total_cost, excluded.billing_events, {billed_new})

-- name: replace_costs
-- Replaces cost in the other currencies in the cells from hour $1 on, where it differs.
insert into anlyt.costs_hourly as c (scope, scope_id, hour_bucket, currency, total_cost, billing_events)
select scope, scope_id, hour_bucket, currency, total_cost, billing_events
from anlyt_rebuild.costs_hourly where hour_bucket >= $1
on conflict (scope, scope_id, hour_bucket, currency) do update set
    total_cost = excluded.total_cost,
    billing_events = excluded.billing_events
where (c.total_cost, c.billing_events) is distinct from (excluded.total_cost, excluded.billing_events)

-- name: replace_delivered
-- Replaces outcomes and latency in the cells from hour $1 on, where they differ.
insert into anlyt.metrics_hourly as m (scope, scope_id, hour_bucket, latency_bins, latency_counts, {delivered})
select scope, scope_id, hour_bucket, latency_bins, latency_counts, {delivered}
from anlyt_rebuild.metrics_hourly where hour_bucket >= $1
on conflict (scope, scope_id, hour_bucket) do update set
    latency_bins = excluded.latency_bins,
    latency_counts = excluded.latency_counts,
    ({delivered}) = row({delivered_new}),
    updated_at = now()
where (m.latency_bins, m.latency_counts, {delivered_stored})
    is distinct from (excluded.latency_bins, excluded.latency_counts, {delivered_new})

-- name: take_over
-- Waits for the transactions that count for function $1, and makes new ones wait until this one ends.
select pg_advisory_xact_lock(hashtextextended('anlyt.counting.' || $1, 0))
