-- Adds up the costs in other currencies of the hours from $2 until $3 as those of day $1.
insert into anlyt.costs_daily (day_bucket, scope, scope_id, currency, total_cost)
select $1, scope, scope_id, currency, sum(total_cost)
from anlyt.costs_hourly
where hour_bucket >= $2 and hour_bucket < $3
group by scope, scope_id, currency
