-- Adds cost in the reporting currency ($4), the number of events ($5) and what they count to hourly cells.
insert into anlyt.metrics_hourly as m (scope, scope_id, hour_bucket, total_cost, billing_events, {billed})
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::numeric[], $5::int8[], {billed_arrays})
on conflict (scope, scope_id, hour_bucket) do update set
    total_cost = m.total_cost + excluded.total_cost,
    billing_events = m.billing_events + excluded.billing_events,
    ({billed}) = row({billed_merged}),
    updated_at = now()
