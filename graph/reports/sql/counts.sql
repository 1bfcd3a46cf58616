-- The hours of runs as in hours.sql without latencies, a row a run: an array a counter, amounts joined by commas.
select run.number, counted.*, others.*
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality
    as run (scope, scope_id, starts, ends, number)
cross join lateral (
    select
        array_send(array_agg(hour)) as hours,
        array_send(array_agg(total_messages)) as messages,
        array_send(array_agg(delivered_messages)) as delivered,
        array_send(array_agg(failed_messages)) as failed,
        array_send(array_agg(segments)) as segments,
        string_agg(total_cost::text, ',') as costs
    from (
        select date_part('epoch', hour_bucket)::int8 / 3600 as hour, total_messages, delivered_messages,
            failed_messages, segments, total_cost
        from anlyt.metrics_hourly as metrics
        where metrics.scope = run.scope and metrics.scope_id = run.scope_id
            and metrics.hour_bucket >= run.starts and metrics.hour_bucket < run.ends
        order by hour_bucket
    ) as hourly
) as counted
cross join lateral (
    select
        coalesce(array_agg(date_part('epoch', hour_bucket)::int8 / 3600), '{}') as other_hours,
        coalesce(array_agg(currency), '{}') as currencies,
        coalesce(string_agg(total_cost::text, ','), '') as others
    from anlyt.costs_hourly as costs
    where costs.scope = run.scope and costs.scope_id = run.scope_id
        and costs.hour_bucket >= run.starts and costs.hour_bucket < run.ends
) as others
where counted.hours is not null
