-- The hourly rows from $1 until $2, with their costs in other currencies, in the form of rows.Row.
select scope, scope_id, date_part('epoch', hour_bucket)::int8 as bucket, {counters_or_zero},
    coalesce(total_cost, 0.000000) as total_cost, coalesce(currencies, '{}') as currencies, coalesce(costs, '{}') as costs,
    coalesce(latency_bins, '{}') as latency_bins, coalesce(latency_counts, '{}') as latency_counts
from (
    select * from anlyt.metrics_hourly where hour_bucket >= $1 and hour_bucket < $2
) as metrics
full join (
    select scope, scope_id, hour_bucket, array_agg(currency::text) as currencies, array_agg(total_cost) as costs
    from anlyt.costs_hourly
    where hour_bucket >= $1 and hour_bucket < $2
    group by scope, scope_id, hour_bucket
) as others using (scope, scope_id, hour_bucket)
