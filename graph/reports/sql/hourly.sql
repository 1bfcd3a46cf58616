-- The hourly rows of subjects ($1 scope, $2 ids) from $3 until $4, as those of daily.sql.
select scope_id, date_part('epoch', hour_bucket)::int8 / 3600 as hour, {counters}, total_cost::text as cost,
    case when $5 then array_send(latency_bins) end as bins, case when $5 then array_send(latency_counts) end as counts,
    null as currency
from anlyt.metrics_hourly
where scope = $1 and scope_id = any($2::text[]) and hour_bucket >= $3 and hour_bucket < $4
union all
select scope_id, date_part('epoch', hour_bucket)::int8 / 3600, {counters_null}, total_cost::text, null, null, currency
from anlyt.costs_hourly
where scope = $1 and scope_id = any($2::text[]) and hour_bucket >= $3 and hour_bucket < $4
