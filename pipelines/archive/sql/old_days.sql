-- The days before $1 that still have rows in PostgreSQL, and their number. They were never archived, or late events
-- changed them since.
select day, metrics.count + costs.count as rows
from anlyt.event_days as days
cross join lateral (
    select count(*) from anlyt.metrics_hourly
    where scope in ('PLATFORM', 'OPERATOR', 'ACCOUNT')
        and hour_bucket >= days.day::timestamp at time zone 'UTC'
        and hour_bucket < (days.day + 1)::timestamp at time zone 'UTC'
) as metrics
cross join lateral (
    select count(*) from anlyt.costs_hourly
    where hour_bucket >= days.day::timestamp at time zone 'UTC'
        and hour_bucket < (days.day + 1)::timestamp at time zone 'UTC'
) as costs
where day < $1 and metrics.count + costs.count > 0
