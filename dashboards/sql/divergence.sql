-- How far our cost of a day is from billing's, by currency, as they were compared last.
select distinct on (day, currency) day::timestamp as time, currency, divergence::float8 as divergence
from anlyt.reconciliation_log
where $__timeFilter(day)
order by day, currency, run_id desc
