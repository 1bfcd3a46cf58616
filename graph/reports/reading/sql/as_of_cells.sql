-- The daily rows of subjects ($1: scope, $2: ids or null for all) on closed days ($3), as they were at $4: as they were before
-- the first change since, or as they are if there is none. $5: with latencies. The same columns as cells.sql.
with changed as materialized (
    select scope_id, day, min(number) as number
    from anlyt.restatements
    join anlyt.restated_rows using (day, number)
    where day = any($3::date[]) and changed_at > $4 and scope = $1 and of_ids
    group by scope_id, day
), former as materialized (
    select restated_rows.*
    from changed
    join anlyt.restated_rows using (day, number, scope_id)
    where scope = $1 and not is_after
)
select scope_id, (day_bucket - date '1970-01-01')::int8 * 24 as hour, {counters}, total_cost,
    case when $5 then array_send(latency_bins) end as bins, case when $5 then array_send(latency_counts) end as counts,
    null as currency
from anlyt.metrics_daily
where scope = $1 and of_ids and day_bucket = any($3::date[]) and (scope_id, day_bucket) not in (select scope_id, day from changed)
union all
select scope_id, (day_bucket - date '1970-01-01')::int8 * 24, {counters_zero}, total_cost, null, null, currency
from anlyt.costs_daily
where scope = $1 and of_ids and day_bucket = any($3::date[]) and (scope_id, day_bucket) not in (select scope_id, day from changed)
union all
select scope_id, (day - date '1970-01-01')::int8 * 24, {counters}, total_cost,
    case when $5 then array_send(latency_bins) end, case when $5 then array_send(latency_counts) end, null
from former
union all
select scope_id, (day - date '1970-01-01')::int8 * 24, {counters_zero}, cost, null, null, currency
from former cross join unnest(currencies, costs) as other (currency, cost)
