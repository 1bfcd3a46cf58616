-- name: forget_day
-- Drops day $1 of the ledger unless it has a claim since $2; anlyt.event_days keeps its newest claim.
select anlyt.forget_day($1, $2)

-- name: forget_runs
-- Deletes the rows of runs.
delete from anlyt.pipeline_runs where id = any($1::int8[])

-- name: forget_uncounted
-- Deletes the messages that were not counted and that their streams stored before $1.
delete from anlyt.uncounted_messages where stored_ns < extract(epoch from $1::timestamptz)::int8 * 1000000000

-- name: stale_runs
-- Runs to delete: successes after 7 days, except each pipeline's newest; all others after 90 days.
select id
from anlyt.pipeline_runs as run
where finished < now() - case status when 'SUCCEEDED' then interval '7 days' else interval '90 days' end
    and id not in (
        select distinct on (name) id from anlyt.pipeline_runs where status = 'SUCCEEDED' order by name, started desc
    )
order by id
