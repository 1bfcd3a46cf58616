-- name: abandon_runs
-- Closes and counts the rows of killed runs. The caller holds the pipeline's lease, so no other run is alive.
with abandoned as (
    update anlyt.pipeline_runs
    set status = 'ABANDONED', finished = clock_timestamp(), error = 'The process ended before the run did.'
    where name = $1 and status = 'RUNNING'
    returning name, status
)
insert into anlyt.pipeline_totals as kept (name, status, runs)
select name, status, count(*) from abandoned group by name, status
on conflict (name, status) do update set runs = kept.runs + excluded.runs

-- name: begin_run
-- Inserts the row of a run that begins; returns its id.
insert into anlyt.pipeline_runs (name) values ($1) returning id

-- name: hold_tables
-- Prevents the partitions of hourly rows from being dropped until this transaction ends. Takes no snapshot.
lock table only anlyt.metrics_hourly, only anlyt.costs_hourly in access share mode

-- name: newest_successes
-- The newest success of each of the pipelines $1.
select run.name, run.finished, extract(epoch from run.finished - run.started)::float8 as seconds, run.counts::text
from unnest($1::text[]) as pipeline (name)
cross join lateral (
    select * from anlyt.pipeline_runs
    where pipeline_runs.name = pipeline.name and status = 'SUCCEEDED'
    order by started desc
    limit 1
) as run

-- name: observe_duration
-- Adds $3 seconds to the histogram of the family $1 and the label $2 with the bounds $4, in the caller's transaction.
insert into anlyt.duration_totals as kept (family, label, le, observations, seconds)
values ($1, $2, (select min(le) from unnest($4::float8[]) as le where le >= $3::float8), 1, $3::float8)
on conflict (family, label, le) do update
set observations = kept.observations + 1, seconds = kept.seconds + excluded.seconds
