-- Our daily totals and billing's in the last comparison, with exact money.
select distinct on (day, currency) day::timestamp as day, currency, status, ours::text as ours, theirs::text as theirs,
    difference::text as difference, divergence::float8 as divergence, reason
from anlyt.reconciliation_log
where $__timeFilter(day)
order by day desc, currency, run_id desc
