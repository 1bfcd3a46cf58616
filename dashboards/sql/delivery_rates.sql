-- The delivered share of each MNO's final reports, by hour, over all lanes and prefixes.
select
    hour as time,
    mno,
    sumIf(messages, status = 'DELIVERED') / sumIf(messages, status != 'PENDING') as "delivery rate"
from anlyt.cube_dlr_hourly final
where $__timeFilter(hour)
group by time, mno
having sumIf(messages, status != 'PENDING') > 0
order by time, mno
