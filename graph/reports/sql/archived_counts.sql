-- The archived hours of some subjects, without latencies.
select scope, scope_id, intDiv(toUnixTimestamp(hour_bucket), 3600) as hour, total_messages, delivered_messages,
    failed_messages, segments, total_cost, costs
from anlyt.metrics_hourly_archive final
where (scope, scope_id) in {subjects:Array(Tuple(String, String))}
    and batch in {batches:Array(Int64)} and hour_bucket >= toDateTime({first:UInt32} * 3600, 'UTC')
    and hour_bucket < toDateTime({end:UInt32} * 3600, 'UTC')
