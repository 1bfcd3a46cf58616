-- The hours from $1 until $2 of each subject: counters added up, and all that their histograms hold, bin by bin of each
-- hour, one behind the other. (To add bins up here would cost more than all the rest.)
select scope, scope_id, {counters_summed}, sum(total_cost) as total_cost,
    array_send(anlyt.joined(latency_bins)) as bins, array_send(anlyt.joined(latency_counts)) as counts
from anlyt.metrics_hourly
where hour_bucket >= $1 and hour_bucket < $2
group by scope, scope_id
