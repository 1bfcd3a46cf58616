-- The cost of each whole day's messages, by MNO, in one currency.
select day as time, mno, toFloat64(sum(cost)) as cost
from anlyt.cube_cdr_daily final
where $__timeFilter(day) and day < toStartOfDay(now('UTC')) and currency = ${currency:singlequote}
group by time, mno
order by time, mno
