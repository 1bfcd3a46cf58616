-- name: add_totals
-- Adds the sums of new charges to the totals of their days.
insert into billing.daily_totals as kept (day, currency, total_cost, message_count)
select * from unnest($1::date[], $2::text[], $3::numeric[], $4::int8[])
on conflict (day, currency) do update set
    total_cost = kept.total_cost + excluded.total_cost, message_count = kept.message_count + excluded.message_count

-- name: set_totals
-- Writes the totals of whole days, and replaces existing ones.
insert into billing.daily_totals (day, currency, total_cost, message_count)
select * from unnest($1::date[], $2::text[], $3::numeric[], $4::int8[])
on conflict (day, currency) do update set
    total_cost = excluded.total_cost, message_count = excluded.message_count
