-- name: divergences
-- The greatest divergence of each day over its currencies' last comparisons, where a difference that was accepted counts
-- as 0: for the last $1 days, and for older ones up to $2 days back that are not OK yet.
select day, max(case when accepted then 0 else divergence end)::float8 as divergence
from (
    select distinct on (day, currency) day, divergence, status, exists (
        select from anlyt.reconciliation_acceptances as a
        where (a.day, a.currency, a.difference) = (log.day, log.currency, log.difference)
    ) as accepted
    from anlyt.reconciliation_log as log
    where day >= (now() at time zone 'UTC')::date - $2::int4
    order by day, currency, run_id desc
) as newest
where day >= (now() at time zone 'UTC')::date - $1::int4 or status <> 'OK'
group by day

-- name: last_statuses
-- The status of the last comparison of each day from $1 to $2 and currency, and the differences that were accepted.
select distinct on (day, currency) day, currency, status, array(
    select difference from anlyt.reconciliation_acceptances as a where (a.day, a.currency) = (log.day, log.currency)
) as accepted
from anlyt.reconciliation_log as log
where day between $1 and $2
order by day, currency, run_id desc

-- name: log_comparisons
-- Inserts the comparisons of run $1, one per day and currency.
insert into anlyt.reconciliation_log (
    run_id, day, currency, ours, theirs, our_messages, their_messages, reason, difference, divergence, status
)
select $1::int8, * from unnest(
    $2::date[], $3::text[], $4::numeric[], $5::numeric[], $6::int8[], $7::int8[], $8::text[], $9::numeric[],
    $10::numeric[], $11::text[]
)

-- name: theirs
-- The values of billing-service for the days $1 to $2, as text: totals.py validates them row by row.
select
    day::date as day,
    currency::text as currency,
    min(total_cost::text) as cost,
    min(message_count::text) as messages,
    count(*) as rows
from billing.daily_totals
where day::date between $1 and $2
group by 1, 2
