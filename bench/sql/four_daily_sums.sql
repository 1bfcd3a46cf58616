-- An account's usage in SQL written by hand: four sums per day.
select hour_bucket::date, sum(total_messages), sum(delivered_messages), sum(failed_messages), sum(total_cost)
from anlyt.metrics_hourly
where scope = 'ACCOUNT' and scope_id = $1 and hour_bucket >= $2 and hour_bucket < $3
group by 1 order by 1
