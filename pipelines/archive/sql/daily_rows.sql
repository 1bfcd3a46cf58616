-- The daily rows of day $1, with their costs in other currencies, as rows.Row has them.
select scope, scope_id, (day_bucket - date '1970-01-01')::int8, coalesce(total_messages, 0),
    coalesce(delivered_messages, 0), coalesce(failed_messages, 0), coalesce(pending_messages, 0),
    coalesce(segments, 0), coalesce(total_cost, 0.000000), coalesce(currencies, '{}'), coalesce(costs, '{}'),
    coalesce(latency_sum_ms, 0), coalesce(latency_sample_count, 0), coalesce(peak_tps, 0),
    coalesce(latency_bins, '{}'), coalesce(latency_counts, '{}')
from (select * from anlyt.metrics_daily where day_bucket = $1) as metrics
full join (
    select scope, scope_id, day_bucket, array_agg(currency::text) as currencies, array_agg(total_cost) as costs
    from anlyt.costs_daily
    where day_bucket = $1
    group by scope, scope_id, day_bucket
) as others using (scope, scope_id, day_bucket)
