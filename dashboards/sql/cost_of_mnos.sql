-- Totals of each MNO over the whole days of the time range, in one currency.
select
    mno,
    sum(records) as messages,
    sumIf(records, status = 'DELIVERED') / nullIf(sumIf(records, status != 'PENDING'), 0) as "delivery rate",
    toDecimalString(sum(cube.cost), 6) as cost,
    toFloat64(sum(cube.cost)) / nullIf(sumIf(records, status = 'DELIVERED'), 0) as "cost per delivered SMS"
from anlyt.cube_cdr_daily as cube final
where $__timeFilter(day) and day < toStartOfDay(now('UTC')) and currency = ${currency:singlequote}
group by mno
order by messages desc
