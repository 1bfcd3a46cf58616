-- The hours from $2 until $3 as the daily rows of day $1: counters added up, histograms merged bin by bin.
insert into anlyt.metrics_daily (
    day_bucket, scope, scope_id, total_messages, delivered_messages, failed_messages, pending_messages, segments,
    total_cost, latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
)
select $1, scope, scope_id, counters.messages, delivered, failed, pending, segments, cost, latency_sum, samples, peak,
    coalesce(bins, '{}'), coalesce(counts, '{}')
from (
    select scope, scope_id, sum(total_messages) as messages, sum(delivered_messages) as delivered,
        sum(failed_messages) as failed, sum(pending_messages) as pending, sum(segments) as segments,
        sum(total_cost) as cost, sum(latency_sum_ms) as latency_sum, sum(latency_sample_count) as samples,
        max(peak_tps) as peak
    from anlyt.metrics_hourly
    where hour_bucket >= $2 and hour_bucket < $3
    group by scope, scope_id
) as counters
left join (
    select scope, scope_id, array_agg(bin order by bin) as bins, array_agg(count order by bin) as counts
    from (
        select scope, scope_id, bin, sum(count)::int8 as count
        from anlyt.metrics_hourly
        cross join lateral unnest(latency_bins, latency_counts) as histogram (bin, count)
        where hour_bucket >= $2 and hour_bucket < $3
        group by scope, scope_id, bin
    ) as merged
    group by scope, scope_id
) as histograms using (scope, scope_id)
