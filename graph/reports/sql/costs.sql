-- Cost in other currencies than the reporting one, hour by hour, of runs as in hours.sql.
select run.number, date_part('epoch', hour_bucket)::int8 / 3600 as hour, currency, total_cost::text as cost
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality
    as run (scope, scope_id, starts, ends, number)
join anlyt.costs_hourly as costs on costs.scope = run.scope and costs.scope_id = run.scope_id
    and costs.hour_bucket >= run.starts and costs.hour_bucket < run.ends
