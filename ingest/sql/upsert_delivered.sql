-- Adds outcomes and latency to hourly cells; histograms ($10 and $11, as array literals) are merged bin by bin.
insert into anlyt.metrics_hourly as m (
    scope, scope_id, hour_bucket, delivered_messages, failed_messages, pending_messages,
    latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
)
select scope, scope_id, hour, delivered, failed, pending, latency_sum, samples, peak, bins::int2[], counts::int8[]
from unnest(
    $1::text[], $2::text[], $3::timestamptz[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[],
    $10::text[], $11::text[]
) as cell(scope, scope_id, hour, delivered, failed, pending, latency_sum, samples, peak, bins, counts)
on conflict (scope, scope_id, hour_bucket) do update set
    delivered_messages = m.delivered_messages + excluded.delivered_messages,
    failed_messages = m.failed_messages + excluded.failed_messages,
    pending_messages = m.pending_messages + excluded.pending_messages,
    latency_sum_ms = m.latency_sum_ms + excluded.latency_sum_ms,
    latency_sample_count = m.latency_sample_count + excluded.latency_sample_count,
    peak_tps = greatest(m.peak_tps, excluded.peak_tps),
    updated_at = now(),
    (latency_bins, latency_counts) = (
        select coalesce(array_agg(bin order by bin), '{}'), coalesce(array_agg(count order by bin), '{}')
        from (
            select bin, sum(count)::int8 as count
            from (
                select * from unnest(m.latency_bins, m.latency_counts) as stored(bin, count)
                union all
                select * from unnest(excluded.latency_bins, excluded.latency_counts) as added(bin, count)
            ) as both_sides
            group by bin
            having sum(count) <> 0
        ) as merged
    )
