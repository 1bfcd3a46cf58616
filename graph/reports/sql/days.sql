-- The same without latencies and added up by UTC day.
select scope_id, hour / 24 * 24 as hour, sum(total_messages)::int8 as total_messages,
    sum(delivered_messages)::int8 as delivered_messages, sum(failed_messages)::int8 as failed_messages,
    sum(segments)::int8 as segments, sum(total_cost)::text as cost, sum(latency_sum_ms)::int8 as latency_sum_ms,
    sum(latency_sample_count)::int8 as latency_sample_count, max(peak_tps) as peak_tps, null as bins, null as counts,
    currency
from ({cells}) as cells
group by scope_id, currency, hour / 24
