-- The accounts with an event in each of some clean days ($1).
select day_bucket as day, array_agg(scope_id) as accounts
from anlyt.metrics_daily
where scope = 'ACCOUNT' and day_bucket = any($1::date[])
group by day_bucket
