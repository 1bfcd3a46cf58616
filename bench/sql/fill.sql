-- Fills every hour of [$1, $2) for the platform, six operators and $3 accounts. Busier scopes have wider histograms.
insert into anlyt.metrics_hourly (
    scope, scope_id, hour_bucket, total_messages, delivered_messages, failed_messages, segments, total_cost,
    latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
)
select scope, scope_id, hour, weight, weight * 9 / 10, weight / 20, weight * 2, weight * 0.0125, weight * 3000, weight,
    weight / 60, histogram.bins, histogram.counts
from (
    select 'PLATFORM', 'platform', 100000, 400
    union all select 'OPERATOR', 'op-' || n, 16000, 300 from generate_series(1, 6) as n
    union all select 'ACCOUNT', 'acc-' || n, 100, 20 from generate_series(0, $3::int - 1) as n
) as scopes(scope, scope_id, weight, width)
cross join generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') as hour
cross join lateral (
    select array_agg((200 + n)::int2 order by n) as bins, array_agg((weight / width + 1)::int8 order by n) as counts
    from generate_series(1, width) as n
) as histogram
order by scope, scope_id, hour
