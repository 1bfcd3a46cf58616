-- The daily sums of every operator in archived hours.
select intDiv(toUnixTimestamp(hour_bucket), 86400) as day, scope_id, sum(total_messages), sum(delivered_messages),
    sum(failed_messages)
from anlyt.metrics_hourly_archive final
where scope = 'OPERATOR' and batch in {batches:Array(Int64)} and hour_bucket >= toDateTime({first:UInt32} * 3600, 'UTC')
    and hour_bucket < toDateTime({end:UInt32} * 3600, 'UTC')
group by day, scope_id
