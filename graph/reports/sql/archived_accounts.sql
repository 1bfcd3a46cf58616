-- The accounts with an event in each of some archived days, with their hours as bits: bit 0 is the day's first.
select intDiv(toUnixTimestamp(hour_bucket), 86400) as day, scope_id,
    groupBitOr(bitShiftLeft(toUInt32(1), toHour(hour_bucket, 'UTC'))) as hours
from anlyt.metrics_hourly_archive final
where scope = 'ACCOUNT' and batch in {batches:Array(Int64)} and hour_bucket >= toDateTime({first:UInt32} * 3600, 'UTC')
    and hour_bucket < toDateTime({end:UInt32} * 3600, 'UTC')
group by day, scope_id
