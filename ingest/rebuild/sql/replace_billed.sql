-- Puts cost and what billing events count into the cells from hour $1 on, where they differ.
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
