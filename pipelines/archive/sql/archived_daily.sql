-- What the archive gives back of a batch, as rows.Row has it.
select scope, scope_id, toInt32(day_bucket) as bucket, {counters}, total_cost, costs, latency_bins, latency_counts
from anlyt.metrics_daily_archive
where batch = {batch:Int64} and day_bucket between {first:Date} and {last:Date}
