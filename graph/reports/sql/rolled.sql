-- The clean days of runs ($1 scopes, $2 ids, days from $3 until $4), each with its daily row, if it has one. Clean: the
-- daily rows are what its hours add up to in this very snapshot.
select run.number, days.day - date '1970-01-01' as day, metrics.scope_id is not null as has_row, total_messages,
    delivered_messages, failed_messages, segments, total_cost::text, latency_sum_ms, latency_sample_count, peak_tps,
    array_send(latency_bins) as bins, array_send(latency_counts) as counts
from unnest($1::text[], $2::text[], $3::date[], $4::date[]) with ordinality
    as run (scope, scope_id, starts, ends, number)
join anlyt.event_days as days on days.day >= run.starts and days.day < run.ends
    and days.version = days.rolled_version
left join anlyt.metrics_daily as metrics on metrics.scope = run.scope and metrics.scope_id = run.scope_id
    and metrics.day_bucket = days.day
