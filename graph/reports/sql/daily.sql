-- The daily rows of subjects ($1 scope, $2 ids) from day $3 until $4, each with its first hour since 1970; cost in each
-- other currency is a row of its own. $5: with latencies.
select scope_id, (day_bucket - date '1970-01-01')::int8 * 24 as hour, {counters}, total_cost::text as cost,
    case when $5 then array_send(latency_bins) end as bins, case when $5 then array_send(latency_counts) end as counts,
    null as currency
from anlyt.metrics_daily
where scope = $1 and scope_id = any($2::text[]) and day_bucket >= $3 and day_bucket < $4
union all
select scope_id, (day_bucket - date '1970-01-01')::int8 * 24, {counters_null}, total_cost::text, null, null, currency
from anlyt.costs_daily
where scope = $1 and scope_id = any($2::text[]) and day_bucket >= $3 and day_bucket < $4
