-- The hourly rows from $1 until $2, with their costs in other currencies, as rows.Row has them.
select scope, scope_id, date_part('epoch', hour_bucket)::int8, coalesce(total_messages, 0),
    coalesce(delivered_messages, 0), coalesce(failed_messages, 0), coalesce(pending_messages, 0),
    coalesce(segments, 0), coalesce(total_cost, 0.000000), coalesce(currencies, '{}'), coalesce(costs, '{}'),
    coalesce(latency_sum_ms, 0), coalesce(latency_sample_count, 0), coalesce(peak_tps, 0),
    coalesce(latency_bins, '{}'), coalesce(latency_counts, '{}')
from (
    select * from anlyt.metrics_hourly where hour_bucket >= $1 and hour_bucket < $2
) as metrics
full join (
    select scope, scope_id, hour_bucket, array_agg(currency::text) as currencies, array_agg(total_cost) as costs
    from anlyt.costs_hourly
    where hour_bucket >= $1 and hour_bucket < $2
    group by scope, scope_id, hour_bucket
) as others using (scope, scope_id, hour_bucket)
