-- The rows of cells.sql, one by one.
select scope_id, hour, total_messages, delivered_messages, failed_messages, segments, total_cost::text as cost,
    latency_sum_ms, latency_sample_count, peak_tps, bins, counts, currency
from ({cells}) as cells
