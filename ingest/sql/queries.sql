-- name: claim
-- Claims events for this transaction; returns the keys that had no claim. $1: microseconds, $3: nanoseconds, both since
-- 1970. Arrays are literals.
insert into anlyt.processed_events (event_at, event_key, stored_ns)
select 'epoch'::timestamptz + at * interval '1 microsecond', key, stored
from unnest($1::text::int8[], $2::text::uuid[], $3::text::int8[]) as t(at, key, stored)
on conflict do nothing
returning event_key

-- name: clear_peaks
-- Sets the peak to 0 in cells that no longer have a delivery report.
update anlyt.metrics_hourly as m
set peak_tps = 0
from unnest($1::text[], $2::text[], $3::timestamptz[]) as t(scope, scope_id, hour)
where (m.scope, m.scope_id, m.hour_bucket) = (t.scope, t.scope_id, t.hour)
    and (m.delivered_messages, m.failed_messages, m.pending_messages) = (0, 0, 0)
    and m.peak_tps <> 0

-- name: contest_peaks
-- Marks the cells whose peak may come from a discarded copy; $4 is the copy's peak.
insert into anlyt.contested_peaks (scope, scope_id, hour_bucket)
select t.scope, t.scope_id, t.hour
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::int8[]) as t(scope, scope_id, hour, peak)
join anlyt.metrics_hourly as m on (m.scope, m.scope_id, m.hour_bucket) = (t.scope, t.scope_id, t.hour)
where m.peak_tps <= t.peak
on conflict do nothing

-- name: delete_empty_cells
-- Deletes cells that no longer have an event.
delete from anlyt.metrics_hourly as m
using unnest($1::text[], $2::text[], $3::timestamptz[]) as t(scope, scope_id, hour)
where (m.scope, m.scope_id, m.hour_bucket) = (t.scope, t.scope_id, t.hour)
    and (m.billing_events, m.total_messages, m.segments, m.total_cost) = (0, 0, 0, 0)
    and (m.delivered_messages, m.failed_messages, m.pending_messages) = (0, 0, 0)

-- name: delete_empty_costs
-- Deletes costs in currencies in which a cell no longer has a billing event.
delete from anlyt.costs_hourly as c
using unnest($1::text[], $2::text[], $3::timestamptz[]) as t(scope, scope_id, hour)
where (c.scope, c.scope_id, c.hour_bucket) = (t.scope, t.scope_id, t.hour) and (c.billing_events, c.total_cost) = (0, 0)

-- name: enter_counted
-- Adds the sums of counted messages to the ledger of function $1.
insert into anlyt.message_outcomes as o (
    function, outcome, stored_hour, event_hour, currency, messages, amount, refunds, refunded
)
select $1, 'counted', * from unnest(
    $2::timestamptz[], $3::timestamptz[], $4::text[], $5::int8[], $6::numeric[], $7::int8[], $8::numeric[]
)
on conflict (function, stored_hour, event_hour, outcome, currency) do update set
    messages = o.messages + excluded.messages,
    amount = o.amount + excluded.amount,
    refunds = o.refunds + excluded.refunds,
    refunded = o.refunded + excluded.refunded

-- name: hold
-- Makes a rebuild of function $1 wait until this transaction ends; waits itself while a rebuild swaps.
select pg_advisory_xact_lock_shared(hashtextextended('anlyt.counting.' || $1, 0))

-- name: insert_accounts
-- Remembers the accounts that had an event. Only new accounts draw a number from the sequence.
insert into anlyt.accounts (account_id)
select account_id
from unnest($1::text[]) as counted (account_id)
where not exists (select from anlyt.accounts as known where known.account_id = counted.account_id)
on conflict do nothing

-- name: ledger_rows
-- The estimated number of rows of the dedup ledger, from statistics: a count would read all rows.
select coalesce(sum(n_live_tup), 0)::int8
from pg_stat_user_tables
where schemaname = 'anlyt' and starts_with(relname, 'processed_events_')

-- name: ledger_since
-- The first whole hour of which the ledger has all messages; null if it has all.
select nullif(since, '-infinity') from anlyt.ledger

-- name: mark_as_of
-- Moves a projection's newest event time forward.
insert into anlyt.data_as_of as a (projection, newest_event_at) values ($1, $2)
on conflict (projection) do update set newest_event_at = excluded.newest_event_at
where a.newest_event_at < excluded.newest_event_at

-- name: mark_days
-- Notes the newest claim in the ledger partitions of the touched days, and locks the days in order. Later in the
-- transaction, triggers raise their versions in the order of the cells.
insert into anlyt.event_days as d (day, newest_claim_at)
select day, now() from unnest($1::date[]) as day
on conflict (day) do update set newest_claim_at = greatest(d.newest_claim_at, excluded.newest_claim_at)

-- name: newest_hour
-- The newest hour that is known of stream $1, which was made at $2.
select hour, first_sequence from anlyt.stream_hours
where stream = $1 and stream_made_at = $2 order by hour desc limit 1

-- name: note_source
-- Remembers that function $1 reads the stream that was made at $2.
insert into anlyt.sources (function, stream_made_at) values ($1, $2) on conflict do nothing

-- name: note_position
-- Records that function $1 has stored all messages up to $3 of the stream that was made at $2, and that no message up to
-- $4 is waiting. Returns whether the database has another timeline since; then nothing is recorded.
with now as (select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline),
noted as (
    update anlyt.sources as s set acknowledged = greatest(s.acknowledged, $3), settled = greatest(s.settled, $4) from now
    where s.function = $1 and s.stream_made_at = $2 and s.timeline = now.timeline
        and (s.acknowledged < $3 or s.settled < $4)
)
select s.timeline <> now.timeline from anlyt.sources as s, now where s.function = $1 and s.stream_made_at = $2

-- name: other_claims
-- Locks and returns the claims that other copies of these events hold, in the ledger's order. Arguments as in `claim`.
-- Claims with 0 are from before copies were told apart: they may be of these very messages.
select claims.event_key, claims.stored_ns
from unnest($1::text::int8[], $2::text::uuid[], $3::text::int8[]) as t(at, key, stored)
join anlyt.processed_events as claims
    on claims.event_at = 'epoch'::timestamptz + t.at * interval '1 microsecond' and claims.event_key = t.key
where claims.stored_ns not in (t.stored, 0)
order by claims.event_at, claims.event_key
for update of claims

-- name: position
-- The recorded position of function $1 in the stream that was made at $2.
select acknowledged from anlyt.sources where function = $1 and stream_made_at = $2

-- name: resume_positions
-- Lets the position of function $1 advance on this timeline: all messages since were replayed.
update anlyt.sources set timeline = substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) where function = $1

-- name: take_over_claims
-- Makes copies that the stream stored earlier the owners of their claims. Arguments as in `claim`.
update anlyt.processed_events as claims
set stored_ns = t.stored
from unnest($1::text::int8[], $2::text::uuid[], $3::text::int8[]) as t(at, key, stored)
where claims.event_at = 'epoch'::timestamptz + t.at * interval '1 microsecond' and claims.event_key = t.key

-- name: uncounted_between
-- When the stream stored those messages of function $1 that do not count, from $2 to $3.
select stored_ns from anlyt.uncounted_messages where function = $1 and stored_ns between $2 and $3

-- name: upsert_billed
-- Adds cost in the reporting currency ($4), the number of events ($5) and the other counters to hourly cells.
insert into anlyt.metrics_hourly as m (scope, scope_id, hour_bucket, total_cost, billing_events, {billed})
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::numeric[], $5::int8[], {billed_arrays})
on conflict (scope, scope_id, hour_bucket) do update set
    total_cost = m.total_cost + excluded.total_cost,
    billing_events = m.billing_events + excluded.billing_events,
    ({billed}) = row({billed_merged}),
    updated_at = now()

-- name: upsert_costs
-- Adds cost in the other currencies, and the number of events, to hourly cells.
insert into anlyt.costs_hourly as c (scope, scope_id, hour_bucket, currency, total_cost, billing_events)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::numeric[], $6::int8[])
on conflict (scope, scope_id, hour_bucket, currency) do update set
    total_cost = c.total_cost + excluded.total_cost,
    billing_events = c.billing_events + excluded.billing_events
