-- The archive's hourly rows of a batch, in the form of rows.Row.
select scope, scope_id, toUnixTimestamp(hour_bucket) as bucket, {counters}, total_cost, costs, latency_bins, latency_counts
from anlyt.metrics_hourly_archive
where batch = {batch:Int64} and hour_bucket >= toDateTime({first:Date}, 'UTC')
    and hour_bucket < toDateTime({last:Date} + 1, 'UTC')
