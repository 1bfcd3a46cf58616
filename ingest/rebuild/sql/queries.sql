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

-- name: delete_copies
-- Forgets the copies of events of function $1 from hour $2 on.
delete from anlyt.uncounted_messages where function = $1 and event_hour >= $2 and outcome = 'copy'

-- name: delete_costs
-- Deletes cost from hour $1 on in currencies without a billing event.
delete from anlyt.costs_hourly as c
where hour_bucket >= $1
    and not exists (
        select from anlyt_rebuild.costs_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket, s.currency) = (c.scope, c.scope_id, c.hour_bucket, c.currency)
    )

-- name: delete_outcomes
-- Deletes from the ledger of function $1 what was counted, and its copies, of events from hour $2 on.
delete from anlyt.message_outcomes where function = $1 and event_hour >= $2 and outcome in ('counted', 'copy')

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

-- name: enter_refused
-- Enters the messages that function $1 refuses now, and did not before: of events from hour $2 on, or of unknown hours.
-- The others stay counted.
with entered as (
    insert into anlyt.uncounted_messages (function, stored_ns, outcome, event_hour, currency, amount, is_refund)
    select function, stored_ns, outcome, event_hour, currency, amount, is_refund
    from anlyt_rebuild.uncounted_messages
    where function = $1 and outcome <> 'copy' and (event_hour >= $2 or event_hour is null)
    on conflict (function, stored_ns) do nothing
    returning *
)
insert into anlyt.message_outcomes as o (
    function, stored_hour, event_hour, outcome, currency, messages, amount, refunds, refunded
)
select
    function, 'epoch'::timestamptz + stored_ns / 3600000000000 * interval '1 hour', event_hour, outcome, currency,
    count(*), sum(amount), count(*) filter (where is_refund), coalesce(-sum(amount) filter (where is_refund), 0)
from entered
group by 1, 2, 3, 4, 5
on conflict (function, stored_hour, event_hour, outcome, currency) do update set
    messages = o.messages + excluded.messages,
    amount = o.amount + excluded.amount,
    refunds = o.refunds + excluded.refunds,
    refunded = o.refunded + excluded.refunded

-- name: insert_copies
-- Remembers the copies that the rebuild of function $1 found, of events from hour $2 on.
insert into anlyt.uncounted_messages (function, stored_ns, outcome, event_hour, currency, amount, is_refund)
select function, stored_ns, outcome, event_hour, currency, amount, is_refund
from anlyt_rebuild.uncounted_messages
where function = $1 and event_hour >= $2 and outcome = 'copy'

-- name: insert_outcomes
-- Inserts into the ledger what the rebuild of function $1 counted, and the copies, of events from hour $2 on.
insert into anlyt.message_outcomes (
    function, stored_hour, event_hour, outcome, currency, messages, amount, refunds, refunded
)
select function, stored_hour, event_hour, outcome, currency, messages, amount, refunds, refunded
from anlyt_rebuild.message_outcomes
where function = $1 and event_hour >= $2 and outcome in ('counted', 'copy')

-- name: make_stage
-- Creates the tables that a rebuild counts into: like the live ones, but without partitions. Unlogged, because a rebuild
-- whose connection breaks starts again.
create schema anlyt_rebuild
    create unlogged table processed_events (like anlyt.processed_events including all)
    create unlogged table metrics_hourly (like anlyt.metrics_hourly including all)
    create unlogged table costs_hourly (like anlyt.costs_hourly including all)
    create unlogged table accounts (like anlyt.accounts including all)
    create unlogged table message_outcomes (like anlyt.message_outcomes including all)
    create unlogged table uncounted_messages (like anlyt.uncounted_messages including all)

-- name: name_cause
-- Names the cause of what this transaction changes, for the history of closed days.
select set_config('anlyt.cause', 'REBUILD', true)

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

-- name: withdraw_accepted
-- Takes back from the ledger the refusals of function $1 of messages that are events from hour $2 on now.
with withdrawn as (
    delete from anlyt.uncounted_messages as u
    where function = $1 and outcome <> 'copy' and (
        exists (
            select from anlyt_rebuild.processed_events as c where c.stored_ns = u.stored_ns and c.event_at >= $2
        ) or exists (
            select from anlyt_rebuild.uncounted_messages as c
            where c.stored_ns = u.stored_ns and c.outcome = 'copy' and c.event_hour >= $2
        )
    )
    returning *
)
insert into anlyt.message_outcomes as o (
    function, stored_hour, event_hour, outcome, currency, messages, amount, refunds, refunded
)
select
    function, 'epoch'::timestamptz + stored_ns / 3600000000000 * interval '1 hour', event_hour, outcome, currency,
    -count(*), -sum(amount), -count(*) filter (where is_refund), coalesce(sum(amount) filter (where is_refund), 0)
from withdrawn
group by 1, 2, 3, 4, 5
on conflict (function, stored_hour, event_hour, outcome, currency) do update set
    messages = o.messages + excluded.messages,
    amount = o.amount + excluded.amount,
    refunds = o.refunds + excluded.refunds,
    refunded = o.refunded + excluded.refunded
