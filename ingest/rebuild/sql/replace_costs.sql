-- Puts new cost in the other currencies into the cells from hour $1 on, where it differs.
insert into anlyt.costs_hourly as c (scope, scope_id, hour_bucket, currency, total_cost, billing_events)
select scope, scope_id, hour_bucket, currency, total_cost, billing_events
from anlyt_rebuild.costs_hourly where hour_bucket >= $1
on conflict (scope, scope_id, hour_bucket, currency) do update set
    total_cost = excluded.total_cost,
    billing_events = excluded.billing_events
where (c.total_cost, c.billing_events) is distinct from (excluded.total_cost, excluded.billing_events)
