-- The accounts with an event in each of some stretches of time ($1 until $2).
select number, array(
    select distinct scope_id
    from anlyt.metrics_hourly
    where scope = 'ACCOUNT' and hour_bucket >= stretch.starts and hour_bucket < stretch.ends
)
from unnest($1::timestamptz[], $2::timestamptz[]) with ordinality as stretch (starts, ends, number)
