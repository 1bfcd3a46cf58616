-- Removes cells that have no event any more.
delete from anlyt.metrics_hourly as m
using unnest($1::text[], $2::text[], $3::timestamptz[]) as t(scope, scope_id, hour)
where (m.scope, m.scope_id, m.hour_bucket) = (t.scope, t.scope_id, t.hour)
    and (m.billing_events, m.total_messages, m.segments, m.total_cost) = (0, 0, 0, 0)
    and (m.delivered_messages, m.failed_messages, m.pending_messages) = (0, 0, 0)
