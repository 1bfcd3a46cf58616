-- What both sides say of the days $1 to $2, of those before $3 only what was never compared; all in one snapshot.
with ours (day, currency, cost, messages) as (
    select (hour_bucket at time zone 'UTC')::date, reporting_currency, sum(total_cost), sum(total_messages)
    from anlyt.metrics_hourly
    cross join anlyt.deployment
    where scope = 'PLATFORM' and scope_id = 'platform'
        and hour_bucket >= $1::date::timestamp at time zone 'UTC'
        and hour_bucket < ($2::date + 1)::timestamp at time zone 'UTC'
    group by 1, 2
    having bool_or(total_messages <> 0 or segments <> 0 or total_cost <> 0) -- else there are only delivery reports
    union all
    select (hour_bucket at time zone 'UTC')::date, currency, sum(total_cost), 0
    from anlyt.costs_hourly
    where scope = 'PLATFORM' and scope_id = 'platform'
        and hour_bucket >= $1::date::timestamp at time zone 'UTC'
        and hour_bucket < ($2::date + 1)::timestamp at time zone 'UTC'
    group by 1, 2
), theirs (day, currency, cost, messages) as (
    select day, currency, sum(total_cost), sum(message_count)
    from billing.daily_totals
    where day between $1 and $2
    group by 1, 2
), both_sides as (
    select
        day,
        currency,
        ours.cost as ours,
        theirs.cost as theirs,
        (sum(ours.messages) over whole_day)::int8 as our_messages,
        (sum(theirs.messages) over whole_day)::int8 as their_messages
    from ours
    full join theirs using (day, currency)
    window whole_day as (partition by day)
)
select day, currency, ours, theirs, our_messages, their_messages
from both_sides
where day >= $3
    or not exists (
        select from anlyt.reconciliation_log as log
        where log.day = both_sides.day and log.currency = both_sides.currency
    )
order by day, currency
