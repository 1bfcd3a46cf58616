-- Adds outcomes and latency to hourly cells; histograms ($4 and $5, as array literals) are merged bin by bin.
insert into anlyt.metrics_hourly as m (scope, scope_id, hour_bucket, latency_bins, latency_counts, {delivered})
select scope, scope_id, hour_bucket, bins::int2[], counts::int8[], {delivered}
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], {delivered_arrays})
    as cell(scope, scope_id, hour_bucket, bins, counts, {delivered})
on conflict (scope, scope_id, hour_bucket) do update set
    ({delivered}) = row({delivered_merged}),
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
