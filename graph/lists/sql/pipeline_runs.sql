-- The runs of each pipeline as JSON, by name: the newest run, the newest success and failure, and how many there were.
with recursive names as ( -- an index scan per name: there are many more runs than pipelines
    (select name from anlyt.pipeline_runs order by name limit 1)
    union all
    select (select min(run.name) from anlyt.pipeline_runs as run where run.name > names.name)
    from names
    where names.name is not null
)
select coalesce(json_agg(pipeline order by name), '[]')::text
from (
    select
        names.name,
        newest.status,
        newest.started,
        extract(epoch from newest.finished - newest.started)::float8 as seconds,
        (
            select finished from anlyt.pipeline_runs as run
            where run.name = names.name and run.status = 'SUCCEEDED'
            order by started desc
            limit 1
        ) as "lastSuccess",
        coalesce(totals.succeeded, 0) as succeeded,
        coalesce(totals.failed, 0) as failed,
        failure.started as "lastFailure",
        failure.error
    from names
    cross join lateral (
        select status, started, finished from anlyt.pipeline_runs as run
        where run.name = names.name
        order by started desc
        limit 1
    ) as newest
    left join lateral (
        select started, error from anlyt.pipeline_runs as run
        where run.name = names.name and run.status in ('FAILED', 'ABANDONED')
        order by started desc
        limit 1
    ) as failure on true
    left join lateral (
        select
            sum(runs) filter (where status = 'SUCCEEDED')::int8 as succeeded,
            sum(runs) filter (where status <> 'SUCCEEDED')::int8 as failed
        from anlyt.pipeline_totals as kept
        where kept.name = names.name
    ) as totals on true
    where names.name is not null
) as pipeline
