-- One row per whole day and MNO, from the records in one currency: cost per delivered message, and delivery rate.
select
    day as time,
    mno,
    toFloat64(sum(cost)) / sumIf(records, status = 'DELIVERED') as "cost per delivered SMS",
    sumIf(records, status = 'DELIVERED') / sumIf(records, status != 'PENDING') as "delivery rate",
    sum(records) as messages
from anlyt.cube_cdr_daily final
where $__timeFilter(day) and day < toStartOfDay(now('UTC')) and currency = ${currency:singlequote}
group by time, mno
having sumIf(records, status = 'DELIVERED') > 0
order by time, mno
