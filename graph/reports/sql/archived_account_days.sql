-- The accounts with an event in each of some archived days.
select toInt32(day_bucket) as day, groupUniqArray(scope_id)
from anlyt.metrics_daily_archive final
where scope = 'ACCOUNT' and batch in {batches:Array(Int64)} and day_bucket >= toDate(intDiv({first:UInt32}, 24))
    and day_bucket < toDate(intDiv({end:UInt32} + 23, 24))
group by day
