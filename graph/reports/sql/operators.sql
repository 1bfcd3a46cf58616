-- The daily sums of every operator in runs ($3 until $4), to rank them by.
select run.number, date_part('epoch', hour_bucket)::int8 / 86400 as day, metrics.scope_id, sum(total_messages)::int8,
    sum(delivered_messages)::int8, sum(failed_messages)::int8
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality
    as run (scope, scope_id, starts, ends, number)
join anlyt.metrics_hourly as metrics on metrics.scope = 'OPERATOR'
    and metrics.hour_bucket >= run.starts and metrics.hour_bucket < run.ends
group by 1, 2, 3
