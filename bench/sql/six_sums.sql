-- The platform's summary in SQL written by hand: six sums over a window.
select sum(total_messages), sum(delivered_messages), sum(failed_messages), sum(total_cost), sum(latency_sum_ms),
    sum(latency_sample_count)
from anlyt.metrics_hourly
where scope = 'PLATFORM' and scope_id = 'platform' and hour_bucket >= $1 and hour_bucket < $2
