-- The same of days: null where it was not counted in each hour.
alter table anlyt.metrics_daily add column refunded_messages bigint;

create or replace view anlyt.operator_performance as
select hour_bucket, scope_id as operator_id, total_messages, delivered_messages, failed_messages,
    pending_messages, segments, total_cost, latency_sum_ms, latency_sample_count, peak_tps,
    latency_bins, latency_counts, updated_at, refunded_messages
from anlyt.metrics_hourly
where scope = 'OPERATOR';
