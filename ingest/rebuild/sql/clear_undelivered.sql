-- Takes outcomes and latency out of the cells from hour $1 on that have no delivery report. The cell itself stays: a
-- charge and its refund may have left it all zeros, which is something else than no cell.
update anlyt.metrics_hourly as m set
    delivered_messages = 0, failed_messages = 0, pending_messages = 0, latency_sum_ms = 0, latency_sample_count = 0,
    peak_tps = 0, latency_bins = '{}', latency_counts = '{}', updated_at = now()
where hour_bucket >= $1
    and (
        m.delivered_messages, m.failed_messages, m.pending_messages, m.latency_sum_ms, m.latency_sample_count,
        m.peak_tps, m.latency_bins, m.latency_counts
    ) is distinct from (0, 0, 0, 0, 0, 0, '{}'::int2[], '{}'::int8[])
    and not exists (
        select from anlyt_rebuild.metrics_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket) = (m.scope, m.scope_id, m.hour_bucket)
    )
