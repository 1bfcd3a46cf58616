-- Cost in other currencies than the reporting one, day by day, of runs as in rolled.sql.
select run.number, day_bucket - date '1970-01-01' as day, currency, total_cost::text as cost
from unnest($1::text[], $2::text[], $3::date[], $4::date[]) with ordinality
    as run (scope, scope_id, starts, ends, number)
join anlyt.costs_daily as costs on costs.scope = run.scope and costs.scope_id = run.scope_id
    and costs.day_bucket >= run.starts and costs.day_bucket < run.ends
