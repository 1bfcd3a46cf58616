-- Accepts the difference of the last comparison of day $1 and currency $2, unless it is OK. $3: who, $4: why. Returns the
-- difference; nothing if there is none.
insert into anlyt.reconciliation_acceptances (day, currency, difference, accepted_by, note)
select day, currency, difference, $3, $4
from (
    select * from anlyt.reconciliation_log where day = $1 and currency = $2 order by run_id desc limit 1
) as last
where status <> 'OK'
returning round(difference, 6)::text
