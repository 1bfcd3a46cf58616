-- The accounts with an event in any of some clean days ($1).
select coalesce(array_agg(scope_id), '{}')
from (
    select distinct scope_id from anlyt.metrics_daily where scope = 'ACCOUNT' and day_bucket = any($1::date[])
) as active
