-- The accounts with an event on archived days.
select distinct scope_id
from anlyt.metrics_daily_archive
where scope = 'ACCOUNT' and batch in {batches:Array(Int64)} and day_bucket >= toDate(intDiv({first:UInt32}, 24))
    and day_bucket < toDate(intDiv({end:UInt32}, 24))
