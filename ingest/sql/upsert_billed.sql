-- Adds messages, segments and cost in the reporting currency to hourly cells.
insert into anlyt.metrics_hourly as m (scope, scope_id, hour_bucket, total_messages, segments, total_cost)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::int8[], $5::int8[], $6::numeric[])
on conflict (scope, scope_id, hour_bucket) do update set
    total_messages = m.total_messages + excluded.total_messages,
    segments = m.segments + excluded.segments,
    total_cost = m.total_cost + excluded.total_cost,
    updated_at = now()
