-- Puts new outcomes and latency into the cells from hour $1 on, where they differ.
insert into anlyt.metrics_hourly as m (scope, scope_id, hour_bucket, latency_bins, latency_counts, {delivered})
select scope, scope_id, hour_bucket, latency_bins, latency_counts, {delivered}
from anlyt_rebuild.metrics_hourly where hour_bucket >= $1
on conflict (scope, scope_id, hour_bucket) do update set
    latency_bins = excluded.latency_bins,
    latency_counts = excluded.latency_counts,
    ({delivered}) = row({delivered_new}),
    updated_at = now()
where (m.latency_bins, m.latency_counts, {delivered_stored})
    is distinct from (excluded.latency_bins, excluded.latency_counts, {delivered_new})
