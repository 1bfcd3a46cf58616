-- The same without latencies and added up by UTC day, each sum with its day's first hour that has a row.
select scope_id, min(date_part('epoch', hour_bucket)::int8 / 3600) as hour, {counters_summed}, sum(total_cost)::text as cost,
    null as bins, null as counts, null as currency
from anlyt.metrics_hourly
where scope = $1 and scope_id = any($2::text[]) and hour_bucket >= $3 and hour_bucket < $4
group by scope_id, date_part('epoch', hour_bucket)::int8 / 86400
union all
select scope_id, min(date_part('epoch', hour_bucket)::int8 / 3600), {counters_null}, sum(total_cost)::text, null, null,
    currency
from anlyt.costs_hourly
where scope = $1 and scope_id = any($2::text[]) and hour_bucket >= $3 and hour_bucket < $4
group by scope_id, currency, date_part('epoch', hour_bucket)::int8 / 86400
