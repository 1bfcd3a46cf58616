-- The hourly rows of runs as in hours.sql, without latencies.
select run.number, date_part('epoch', hour_bucket)::int8 / 3600 as hour, total_messages, delivered_messages,
    failed_messages, segments, total_cost::text, latency_sum_ms, latency_sample_count, peak_tps
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality
    as run (scope, scope_id, starts, ends, number)
join anlyt.metrics_hourly as metrics on metrics.scope = run.scope and metrics.scope_id = run.scope_id
    and metrics.hour_bucket >= run.starts and metrics.hour_bucket < run.ends
