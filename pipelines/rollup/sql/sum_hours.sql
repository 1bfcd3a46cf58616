-- The hours from $1 until $2 of each subject: the sums of their counters, and the bins of their histograms, one hour after
-- the other. Adding up bins in SQL would cost more than all the rest.
select scope, scope_id, {counters_summed}, sum(total_cost) as total_cost,
    array_send(anlyt.joined(latency_bins)) as bins, array_send(anlyt.joined(latency_counts)) as counts
from anlyt.metrics_hourly
where hour_bucket >= $1 and hour_bucket < $2
group by scope, scope_id
