-- name: forget_day
-- Drops a day of the ledger unless somebody claimed in it since; anlyt.event_days keeps what was forgotten.
select anlyt.forget_day($1, $2)

-- name: forget_runs
-- Forgets runs of pipelines.
delete from anlyt.pipeline_runs where id = any($1::int8[])

-- name: stale_runs
-- Runs to be forgotten: successes after a week, but for each pipeline's newest; all else after 90 days.
select id
from anlyt.pipeline_runs as run
where finished < now() - case status when 'SUCCEEDED' then interval '7 days' else interval '90 days' end
    and id not in (
        select distinct on (name) id from anlyt.pipeline_runs where status = 'SUCCEEDED' order by name, started desc
    )
order by id
