-- What the archive gives back of a batch, as rows.Row has it.
select scope, scope_id, toInt32(day_bucket), total_messages, delivered_messages, failed_messages, pending_messages,
    segments, total_cost, costs, latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
from anlyt.metrics_daily_archive
where batch = {batch:Int64} and day_bucket between {first:Date} and {last:Date}
