-- Puts new outcomes and latency into the cells from hour $1 on, where they differ.
insert into anlyt.metrics_hourly as m (
    scope, scope_id, hour_bucket, delivered_messages, failed_messages, pending_messages,
    latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
)
select scope, scope_id, hour_bucket, delivered_messages, failed_messages, pending_messages,
    latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
from anlyt_rebuild.metrics_hourly where hour_bucket >= $1
on conflict (scope, scope_id, hour_bucket) do update set
    delivered_messages = excluded.delivered_messages,
    failed_messages = excluded.failed_messages,
    pending_messages = excluded.pending_messages,
    latency_sum_ms = excluded.latency_sum_ms,
    latency_sample_count = excluded.latency_sample_count,
    peak_tps = excluded.peak_tps,
    latency_bins = excluded.latency_bins,
    latency_counts = excluded.latency_counts,
    updated_at = now()
where (
    m.delivered_messages, m.failed_messages, m.pending_messages, m.latency_sum_ms, m.latency_sample_count, m.peak_tps,
    m.latency_bins, m.latency_counts
) is distinct from (
    excluded.delivered_messages, excluded.failed_messages, excluded.pending_messages, excluded.latency_sum_ms,
    excluded.latency_sample_count, excluded.peak_tps, excluded.latency_bins, excluded.latency_counts
)
