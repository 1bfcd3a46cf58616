-- Closes the row of run $1 and counts the run, and so exactly once; adds the duration of a success to the histogram of
-- family $5 with the bounds $6.
with finished as (
    update anlyt.pipeline_runs
    set status = $2, finished = clock_timestamp(), counts = $3::text::jsonb, error = $4
    where id = $1 and status = 'RUNNING'
    returning name, status, extract(epoch from finished - started)::float8 as seconds
), counted as (
    insert into anlyt.pipeline_totals as kept (name, status, runs)
    select name, status, 1 from finished
    on conflict (name, status) do update set runs = kept.runs + 1
)
insert into anlyt.duration_totals as kept (family, label, le, observations, seconds)
select $5::text, name, (select min(le) from unnest($6::float8[]) as le where le >= seconds), 1, seconds
from finished
where status = 'SUCCEEDED'
on conflict (family, label, le) do update
set observations = kept.observations + 1, seconds = kept.seconds + excluded.seconds
