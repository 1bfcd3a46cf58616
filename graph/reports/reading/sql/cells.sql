-- The cells of subjects ($1: scope, $2: ids or null for all). $3: days, as daily rows where these are clean, else as hours.
-- $4, $5: the starts and ends of ranges of hours. $6: with latencies. A row has its first hour since 1970; the cost in
-- each other currency is a separate row, whose counters are 0.
with clean as materialized (
    select coalesce(array_agg(day), '{}') as days
    from anlyt.event_days
    where day = any($3::date[]) and version = rolled_version
), hour_ranges as materialized (
    select starts, ends from unnest($4::timestamptz[], $5::timestamptz[]) as given (starts, ends)
    union all
    select min(day)::timestamp at time zone 'UTC', (max(day) + 1)::timestamp at time zone 'UTC'
    from (
        select day, day - (row_number() over (order by day))::int as island
        from unnest($3::date[]) as day
        where day <> all((select days from clean)::date[])
    ) as neighbours
    group by island
)
select scope_id, (day_bucket - date '1970-01-01')::int8 * 24 as hour, {counters},
    total_cost,
    case when $6 then array_send(latency_bins) end as bins, case when $6 then array_send(latency_counts) end as counts,
    null as currency
from anlyt.metrics_daily
where scope = $1 and of_ids and day_bucket = any((select days from clean)::date[])
union all
select scope_id, (day_bucket - date '1970-01-01')::int8 * 24, {counters_zero}, total_cost, null, null, currency
from anlyt.costs_daily
where scope = $1 and of_ids and day_bucket = any((select days from clean)::date[])
union all
select scope_id, date_part('epoch', hour_bucket)::int8 / 3600, {counters},
    total_cost,
    case when $6 then array_send(latency_bins) end, case when $6 then array_send(latency_counts) end, null
from hour_ranges cross join lateral (
    select * from anlyt.metrics_hourly
    where scope = $1 and of_ids and hour_bucket >= starts and hour_bucket < ends
    offset 0
) as hours
union all
select scope_id, date_part('epoch', hour_bucket)::int8 / 3600, {counters_zero}, total_cost, null, null, currency
from hour_ranges cross join lateral (
    select * from anlyt.costs_hourly
    where scope = $1 and of_ids and hour_bucket >= starts and hour_bucket < ends
    offset 0
) as hours
