-- Closes and counts the rows of runs that were killed: whoever holds the pipeline's lease knows that no other run lives.
with abandoned as (
    update anlyt.pipeline_runs
    set status = 'ABANDONED', finished = clock_timestamp(), error = 'The process ended before the run did.'
    where name = $1 and status = 'RUNNING'
    returning name, status
)
insert into anlyt.pipeline_totals as kept (name, status, runs)
select name, status, count(*) from abandoned group by name, status
on conflict (name, status) do update set runs = kept.runs + excluded.runs
