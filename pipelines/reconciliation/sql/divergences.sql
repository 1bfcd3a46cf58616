-- The greatest divergence of each day of the last $1, as its currencies were compared last.
select day, max(divergence)::float8 as divergence
from (
    select distinct on (day, currency) day, divergence
    from anlyt.reconciliation_log
    where day >= (now() at time zone 'UTC')::date - $1::int4
    order by day, currency, run_id desc
) as newest
group by day
