-- Adds messages, segments, cost in the reporting currency and the number of events to hourly cells.
insert into anlyt.metrics_hourly as m (
    scope, scope_id, hour_bucket, total_messages, segments, total_cost, billing_events
)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::int8[], $5::int8[], $6::numeric[], $7::int8[])
on conflict (scope, scope_id, hour_bucket) do update set
    total_messages = m.total_messages + excluded.total_messages,
    segments = m.segments + excluded.segments,
    total_cost = m.total_cost + excluded.total_cost,
    billing_events = m.billing_events + excluded.billing_events,
    updated_at = now()
