-- How each day from $1 to $2 and currency was compared last.
select distinct on (day, currency) day, currency, status
from anlyt.reconciliation_log
where day between $1 and $2
order by day, currency, run_id desc
