-- The cells of some tenants and days, from those of their hours. Rows that existed before are marked as deleted.
insert into anlyt.cube_dlr_daily
select * replace (%(version)s - 1 as ver, 1 as is_deleted) from anlyt.cube_dlr_daily final
where (tenant_id, day) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
union all
select
    tenant_id,
    toStartOfDay(hour, 'UTC') as day,
    mno,
    lane,
    direction,
    status,
    sum(hours.messages) as messages,
    sum(hours.latency_count) as latency_count,
    sum(hours.latency_sum) as latency_sum,
    sum(hours.esme_errors) as esme_errors,
    max(hours.max_tps) as max_tps,
    %(version)s as ver,
    0 as is_deleted
from anlyt.cube_dlr_hourly as hours final
where (tenant_id, toStartOfDay(hour, 'UTC')) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and hour >= toDateTime(%(first)s, 'UTC') and hour < toDateTime(%(end)s, 'UTC')
group by tenant_id, day, mno, lane, direction, status
