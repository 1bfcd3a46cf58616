-- The highest rate of each hour relative to the link's capacity: the reader's number, or else the highest of 90 days.
select
    hour as time,
    max(max_tps) / coalesce(
        nullIf(toFloat64OrZero(extract(${capacity:singlequote}, concat(${mno:singlequote}, '=([0-9]+)'))), 0),
        (
            select toFloat64(max(max_tps))
            from anlyt.cube_dlr_daily final
            where mno = ${mno:singlequote} and day >= $__toTime - interval 90 day
        )
    ) as utilisation
from reports
group by time
order by time
