-- Adds cost in the other currencies, and the number of events, to hourly cells.
insert into anlyt.costs_hourly as c (scope, scope_id, hour_bucket, currency, total_cost, billing_events)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::numeric[], $6::int8[])
on conflict (scope, scope_id, hour_bucket, currency) do update set
    total_cost = c.total_cost + excluded.total_cost,
    billing_events = c.billing_events + excluded.billing_events
