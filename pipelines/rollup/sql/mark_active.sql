-- Stores the accounts that were active from $2 until $3, on day $1 and per hour, at version $4. They are bit sets; the
-- comment of anlyt.active_days explains the bits.
with bits as (
    select date_part('epoch', hour_bucket - $2::timestamptz)::int / 3600 as hour, number >> 3 as byte, bit_or(1 << (number & 7)) as bits
    from anlyt.metrics_hourly
    join anlyt.accounts on account_id = scope_id
    where scope = 'ACCOUNT' and hour_bucket >= $2 and hour_bucket < $3
    group by 1, 2
), every_byte as (
    select hour, byte from generate_series(0, 23) as hour cross join generate_series(0, (select max(byte) from bits)) as byte
), hourly as (
    select hour, byte, coalesce(bits, 0) as bits from every_byte left join bits using (hour, byte)
), daily as (
    select byte, bit_or(bits) as bits from hourly group by byte
)
insert into anlyt.active_days (day, version, accounts, hours)
select $1, $4,
    coalesce((select string_agg(substr(int4send(bits), 4), '' order by byte) from daily), ''),
    coalesce((select string_agg(substr(int4send(bits), 4), '' order by hour, byte) from hourly), '')
on conflict (day) do update set version = excluded.version, accounts = excluded.accounts, hours = excluded.hours
