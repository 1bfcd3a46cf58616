-- What we counted from day $1 to $2, by currency: messages stand with the reporting currency, as we count them by no other.
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
having bool_or(total_messages <> 0 or segments <> 0 or total_cost <> 0) -- else there are only delivery reports
union all
select (hour_bucket at time zone 'UTC')::date, currency::text, sum(total_cost), 0
from anlyt.costs_hourly
where scope = 'PLATFORM' and scope_id = 'platform'
    and hour_bucket >= $1::date::timestamp at time zone 'UTC'
    and hour_bucket < ($2::date + 1)::timestamp at time zone 'UTC'
group by 1, 2
