-- Puts new cost in the other currencies into the cells from hour $1 on, where it differs.
insert into anlyt.costs_hourly as c (scope, scope_id, hour_bucket, currency, total_cost)
select scope, scope_id, hour_bucket, currency, total_cost
from anlyt_rebuild.costs_hourly where hour_bucket >= $1
on conflict (scope, scope_id, hour_bucket, currency) do update set total_cost = excluded.total_cost
where c.total_cost is distinct from excluded.total_cost
