-- What the archive gives back of a batch, as rows.Row has it.
select scope, scope_id, toUnixTimestamp(hour_bucket), total_messages, delivered_messages, failed_messages, pending_messages,
    segments, total_cost, costs, latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
from anlyt.metrics_hourly_archive
where batch = {batch:Int64} and hour_bucket >= toDateTime({first:Date}, 'UTC')
    and hour_bucket < toDateTime({last:Date} + 1, 'UTC')
