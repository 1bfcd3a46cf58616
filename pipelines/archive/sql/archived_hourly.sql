-- What the archive gives back of a batch, as rows.Row has it.
select scope, scope_id, toUnixTimestamp(hour_bucket) as bucket, {counters}, total_cost, costs, latency_bins, latency_counts
from anlyt.metrics_hourly_archive
where batch = {batch:Int64} and hour_bucket >= toDateTime({first:Date}, 'UTC')
    and hour_bucket < toDateTime({last:Date} + 1, 'UTC')
