-- Adds cost in the other currencies to hourly cells.
insert into anlyt.costs_hourly as c (scope, scope_id, hour_bucket, currency, total_cost)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::numeric[])
on conflict (scope, scope_id, hour_bucket, currency) do update set total_cost = c.total_cost + excluded.total_cost
