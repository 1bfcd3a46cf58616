-- The cells of some tenants and days, from those of their hours. Rows that existed before are marked as deleted.
insert into anlyt.cube_cdr_daily
select * replace (%(version)s - 1 as ver, 1 as is_deleted) from anlyt.cube_cdr_daily final
where (tenant_id, day) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
union all
select
    tenant_id,
    toStartOfDay(hour, 'UTC') as day,
    mno,
    lane,
    direction,
    status,
    currency,
    sum(hours.records) as records,
    sum(hours.segments) as segments,
    sum(hours.cost) as cost,
    %(version)s as ver,
    0 as is_deleted
from anlyt.cube_cdr_hourly as hours final
where (tenant_id, toStartOfDay(hour, 'UTC')) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and hour >= toDateTime(%(first)s, 'UTC') and hour < toDateTime(%(end)s, 'UTC')
group by tenant_id, day, mno, lane, direction, status, currency
