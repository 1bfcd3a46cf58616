-- The delivered share of the final reports, by hour.
select hour as time, sumIf(messages, status = 'DELIVERED') / sumIf(messages, status != 'PENDING') as "delivery rate"
from reports
group by time
having sumIf(messages, status != 'PENDING') > 0
order by time
