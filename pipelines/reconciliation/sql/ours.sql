-- Our cost from day $1 to $2 by currency. Messages are in the rows of the reporting currency: they are not counted by
-- currency.
select
    (hour_bucket at time zone 'UTC')::date as day,
    reporting_currency::text as currency,
    sum(total_cost) as cost,
    sum(total_messages)::int8 as messages
from anlyt.metrics_hourly
cross join anlyt.deployment
where scope = 'PLATFORM' and scope_id = 'platform'
    and hour_bucket >= $1::date::timestamp at time zone 'UTC'
    and hour_bucket < ($2::date + 1)::timestamp at time zone 'UTC'
group by 1, 2
having bool_or(total_messages <> 0 or segments <> 0 or total_cost <> 0) -- otherwise the day has delivery reports only
union all
select (hour_bucket at time zone 'UTC')::date, currency::text, sum(total_cost), 0
from anlyt.costs_hourly
where scope = 'PLATFORM' and scope_id = 'platform'
    and hour_bucket >= $1::date::timestamp at time zone 'UTC'
    and hour_bucket < ($2::date + 1)::timestamp at time zone 'UTC'
group by 1, 2
