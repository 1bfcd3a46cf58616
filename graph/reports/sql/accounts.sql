-- The accounts with an event in each of some days ($1), and the hours of each account as bits: bit 0 is the first.
select number, accounts, hours
from unnest($1::timestamptz[]) with ordinality as day (starts, number)
cross join lateral (
    select array_agg(scope_id) as accounts, array_send(array_agg(hours)) as hours
    from (
        select scope_id, bit_or(1 << (date_part('epoch', hour_bucket - day.starts)::int / 3600)) as hours
        from anlyt.metrics_hourly
        where scope = 'ACCOUNT' and hour_bucket >= day.starts and hour_bucket < day.starts + interval '1 day'
        group by scope_id
    ) as by_account
) as active
where accounts is not null
