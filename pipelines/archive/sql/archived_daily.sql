-- The archive's daily rows of a batch, in the form of rows.Row.
select scope, scope_id, toInt32(day_bucket) as bucket, {counters}, total_cost, costs, latency_bins, latency_counts
from anlyt.metrics_daily_archive
where batch = {batch:Int64} and day_bucket between {first:Date} and {last:Date}
