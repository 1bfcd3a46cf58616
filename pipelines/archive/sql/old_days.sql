-- The days before $1 that still have rows here: never archived, or changed by events that came since.
select day from anlyt.event_days as days
where day < $1 and (
    exists (
        select from anlyt.metrics_hourly
        where scope in ('PLATFORM', 'OPERATOR', 'ACCOUNT')
            and hour_bucket >= days.day::timestamp at time zone 'UTC'
            and hour_bucket < (days.day + 1)::timestamp at time zone 'UTC'
    )
    or exists (
        select from anlyt.costs_hourly
        where hour_bucket >= days.day::timestamp at time zone 'UTC'
            and hour_bucket < (days.day + 1)::timestamp at time zone 'UTC'
    )
)
