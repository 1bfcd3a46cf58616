-- The archived days of some subjects, each with its first hour.
select scope_id, toInt64(toInt32(day_bucket)) * 24 as hour, {counters}, total_cost, costs,
    latency_bins, latency_counts
from anlyt.metrics_daily_archive final
where scope = {scope:String} and scope_id in {ids:Array(String)}
    and batch in {batches:Array(Int64)} and day_bucket >= toDate(intDiv({first:UInt32}, 24))
    and day_bucket < toDate(intDiv({end:UInt32}, 24))
