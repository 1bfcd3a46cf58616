-- The archived hours of some subjects.
select scope_id, intDiv(toUnixTimestamp(hour_bucket), 3600) as hour, {counters}, total_cost, costs,
    latency_bins, latency_counts
from anlyt.metrics_hourly_archive final
where scope = {scope:String} and scope_id in {ids:Array(String)}
    and batch in {batches:Array(Int64)} and hour_bucket >= toDateTime({first:UInt32} * 3600, 'UTC')
    and hour_bucket < toDateTime({end:UInt32} * 3600, 'UTC')
