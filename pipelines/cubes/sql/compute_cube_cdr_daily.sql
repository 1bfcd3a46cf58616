-- The cells of some tenants and days, from deduplicated facts; rows that were there before are taken back.
insert into anlyt.cube_cdr_daily
select * replace ({version:UInt64} - 1 as ver, 1 as is_deleted) from anlyt.cube_cdr_daily final
where (tenant_id, day) in {cells:Array(Tuple(String, DateTime('UTC')))}
union all
select
    tenant_id,
    toStartOfDay(event_time) as day,
    mno,
    lane,
    direction,
    status,
    currency,
    count() as records,
    sum(segment_count) as segments,
    sum(charge_amount) as cost,
    {version:UInt64} as ver,
    0 as is_deleted
from anlyt.facts_cdr final
where (tenant_id, toStartOfDay(event_time)) in {cells:Array(Tuple(String, DateTime('UTC')))}
    and event_time >= {first:DateTime('UTC')} and event_time < {end:DateTime('UTC')}
group by tenant_id, day, mno, lane, direction, status, currency
