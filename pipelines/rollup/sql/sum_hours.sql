-- The hours from $1 until $2 of each subject: counters added up, and all that their histograms hold, bin by bin of each
-- hour, one behind the other. (To add bins up here would cost more than all the rest.)
select scope, scope_id, sum(total_messages)::int8 as total_messages, sum(delivered_messages)::int8 as delivered_messages,
    sum(failed_messages)::int8 as failed_messages, sum(pending_messages)::int8 as pending_messages,
    sum(segments)::int8 as segments, sum(total_cost) as total_cost, sum(latency_sum_ms)::int8 as latency_sum_ms,
    sum(latency_sample_count)::int8 as latency_sample_count, max(peak_tps) as peak_tps,
    array_send(anlyt.joined(latency_bins)) as bins, array_send(anlyt.joined(latency_counts)) as counts
from anlyt.metrics_hourly
where hour_bucket >= $1 and hour_bucket < $2
group by scope, scope_id
