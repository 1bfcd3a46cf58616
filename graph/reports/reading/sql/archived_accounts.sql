-- The accounts with an event in archived hours.
select distinct scope_id
from anlyt.metrics_hourly_archive
where scope = 'ACCOUNT' and batch in {batches:Array(Int64)} and hour_bucket >= toDateTime({first:UInt32} * 3600, 'UTC')
    and hour_bucket < toDateTime({end:UInt32} * 3600, 'UTC')
