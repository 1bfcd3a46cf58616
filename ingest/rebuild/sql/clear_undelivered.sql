-- Takes outcomes and latency out of the cells from hour $1 on that have no delivery report. The cell itself stays: a
-- charge and its refund may have left it all zeros, which is something else than no cell.
update anlyt.metrics_hourly as m set
    latency_bins = '{}', latency_counts = '{}', ({delivered}) = row({delivered_zero}), updated_at = now()
where hour_bucket >= $1
    and (m.latency_bins, m.latency_counts, {delivered_stored})
        is distinct from ('{}'::int2[], '{}'::int8[], {delivered_zero})
    and not exists (
        select from anlyt_rebuild.metrics_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket) = (m.scope, m.scope_id, m.hour_bucket)
    )
