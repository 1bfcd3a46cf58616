-- The greatest divergence of each day, as its currencies were compared last: of the last $1 days, and of older ones up
-- to $2 days back that are not OK yet.
select day, max(divergence)::float8 as divergence
from (
    select distinct on (day, currency) day, divergence, status
    from anlyt.reconciliation_log
    where day >= (now() at time zone 'UTC')::date - $2::int4
    order by day, currency, run_id desc
) as newest
where day >= (now() at time zone 'UTC')::date - $1::int4 or status <> 'OK'
group by day
