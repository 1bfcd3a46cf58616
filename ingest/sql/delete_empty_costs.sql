-- Removes costs of some cells in currencies in which nothing was billed any more.
delete from anlyt.costs_hourly as c
using unnest($1::text[], $2::text[], $3::timestamptz[]) as t(scope, scope_id, hour)
where (c.scope, c.scope_id, c.hour_bucket) = (t.scope, t.scope_id, t.hour) and (c.billing_events, c.total_cost) = (0, 0)
