-- Takes messages, segments and cost out of the cells from hour $1 on that have no billing event.
update anlyt.metrics_hourly as m set
    total_cost = 0, billing_events = 0, ({billed}) = row({billed_zero}), updated_at = now()
where hour_bucket >= $1
    and (m.total_cost, m.billing_events, {billed_stored}) is distinct from (0, 0, {billed_zero})
    and not exists (
        select from anlyt_rebuild.metrics_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket) = (m.scope, m.scope_id, m.hour_bucket)
    )
