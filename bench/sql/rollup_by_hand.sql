-- Adds up the days from $1 until $2 in one statement written by hand, into a temporary table.
insert into pg_temp.daily_by_hand
select day, scope, scope_id, messages, delivered, failed, pending, segments, cost, latency_sum, samples, peak,
    coalesce(bins, '{}'), coalesce(counts, '{}')
from (
    select (hour_bucket at time zone 'UTC')::date as day, scope, scope_id, sum(total_messages) as messages,
        sum(delivered_messages) as delivered, sum(failed_messages) as failed, sum(pending_messages) as pending,
        sum(segments) as segments, sum(total_cost) as cost, sum(latency_sum_ms) as latency_sum,
        sum(latency_sample_count) as samples, max(peak_tps) as peak
    from anlyt.metrics_hourly
    where hour_bucket >= $1 and hour_bucket < $2
    group by 1, 2, 3
) as counters
left join (
    select day, scope, scope_id, array_agg(bin order by bin) as bins, array_agg(count order by bin) as counts
    from (
        select (hour_bucket at time zone 'UTC')::date as day, scope, scope_id, bin, sum(count)::int8 as count
        from anlyt.metrics_hourly
        cross join lateral unnest(latency_bins, latency_counts) as histogram (bin, count)
        where hour_bucket >= $1 and hour_bucket < $2
        group by 1, 2, 3, 4
    ) as merged
    group by 1, 2, 3
) as histograms using (day, scope, scope_id)
