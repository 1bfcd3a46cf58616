-- The newest success of each of the pipelines $1.
select run.name, run.finished, extract(epoch from run.finished - run.started)::float8 as seconds, run.counts::text
from unnest($1::text[]) as pipeline (name)
cross join lateral (
    select * from anlyt.pipeline_runs
    where pipeline_runs.name = pipeline.name and status = 'SUCCEEDED'
    order by started desc
    limit 1
) as run
