-- The three newest runs of each pipeline, newest first.
select name as pipeline, started, took, status, error
from (
    select name, started, extract(epoch from finished - started)::float8 as took, status, coalesce(error, '') as error,
        row_number() over (partition by name order by started desc) as age
    from anlyt.pipeline_runs
    where $__timeFilter(started)
) as runs
where age <= 3
order by started desc
