-- The same without latencies and added up over all days, however large the sums are.
select scope_id, 0::int8 as hour, sum(total_messages) as total_messages, sum(delivered_messages) as delivered_messages,
    sum(failed_messages) as failed_messages, sum(segments) as segments, sum(total_cost)::text as cost,
    sum(latency_sum_ms) as latency_sum_ms, sum(latency_sample_count) as latency_sample_count, max(peak_tps) as peak_tps,
    null as bins, null as counts, currency
from ({cells}) as cells
group by scope_id, currency
