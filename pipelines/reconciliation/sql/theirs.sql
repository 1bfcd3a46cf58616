-- What billing-service wrote of the days $1 to $2, as text: whether it is a total, we judge row by row.
select
    day::date as day,
    currency::text as currency,
    min(total_cost::text) as cost,
    min(message_count::text) as messages,
    count(*) as rows
from billing.daily_totals
where day::date between $1 and $2
group by 1, 2
