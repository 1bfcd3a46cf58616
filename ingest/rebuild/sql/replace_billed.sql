-- Puts new messages, segments and cost into the cells from hour $1 on, where they differ.
insert into anlyt.metrics_hourly as m (
    scope, scope_id, hour_bucket, total_messages, segments, total_cost, billing_events
)
select scope, scope_id, hour_bucket, total_messages, segments, total_cost, billing_events
from anlyt_rebuild.metrics_hourly where hour_bucket >= $1
on conflict (scope, scope_id, hour_bucket) do update set
    total_messages = excluded.total_messages,
    segments = excluded.segments,
    total_cost = excluded.total_cost,
    billing_events = excluded.billing_events,
    updated_at = now()
where (m.total_messages, m.segments, m.total_cost, m.billing_events)
    is distinct from (excluded.total_messages, excluded.segments, excluded.total_cost, excluded.billing_events)
