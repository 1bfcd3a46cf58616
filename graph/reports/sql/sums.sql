-- The daily sums of runs as in hours.sql, without latencies.
select run.number, date_part('epoch', hour_bucket)::int8 / 86400 as day, sum(total_messages)::int8,
    sum(delivered_messages)::int8, sum(failed_messages)::int8, sum(segments)::int8, sum(total_cost)::text
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality
    as run (scope, scope_id, starts, ends, number)
join anlyt.metrics_hourly as metrics on metrics.scope = run.scope and metrics.scope_id = run.scope_id
    and metrics.hour_bucket >= run.starts and metrics.hour_bucket < run.ends
group by 1, 2
