-- The divergence of our daily cost from billing's, by currency, in the last comparison.
select distinct on (day, currency) day::timestamp as time, currency, divergence::float8 as divergence
from anlyt.reconciliation_log
where $__timeFilter(day)
order by day, currency, run_id desc
