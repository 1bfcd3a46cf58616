-- The daily rows of day $1, with their costs in other currencies, in the form of rows.Row.
select scope, scope_id, (day_bucket - date '1970-01-01')::int8 as bucket, {counters_or_zero},
    coalesce(total_cost, 0.000000) as total_cost, coalesce(currencies, '{}') as currencies, coalesce(costs, '{}') as costs,
    coalesce(latency_bins, '{}') as latency_bins, coalesce(latency_counts, '{}') as latency_counts
from (select * from anlyt.metrics_daily where day_bucket = $1) as metrics
full join (
    select scope, scope_id, day_bucket, array_agg(currency::text) as currencies, array_agg(total_cost) as costs
    from anlyt.costs_daily
    where day_bucket = $1
    group by scope, scope_id, day_bucket
) as others using (scope, scope_id, day_bucket)
