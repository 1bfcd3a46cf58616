-- The cells of some tenants and hours, from deduplicated facts. Rows that existed before are marked as deleted.
insert into anlyt.cube_dlr_hourly
select * replace (%(version)s - 1 as ver, 1 as is_deleted) from anlyt.cube_dlr_hourly final
where (tenant_id, hour) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
union all
select
    tenant_id,
    toStartOfHour(event_time, 'UTC') as hour,
    mno,
    lane,
    direction,
    status,
    count() as messages,
    countIf(status != 'PENDING') as latency_count,
    sumIf(latency_ms, status != 'PENDING') as latency_sum,
    countIf(status != 'PENDING' and error_code is not null) as esme_errors,
    max(tps_snapshot) as max_tps,
    quantilesTDigestStateIf(0.5, 0.95, 0.99)(latency_ms, status != 'PENDING') as latency_digest,
    %(version)s as ver,
    0 as is_deleted
from anlyt.facts_dlr final
where (tenant_id, toStartOfHour(event_time, 'UTC')) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and event_time >= toDateTime64(%(first)s, 6, 'UTC') and event_time < toDateTime64(%(end)s, 6, 'UTC')
group by tenant_id, hour, mno, lane, direction, status
