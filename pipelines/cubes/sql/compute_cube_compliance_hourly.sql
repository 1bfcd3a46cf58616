-- The cells of some tenants and hours, from deduplicated facts. Rows that existed before are marked as deleted.
insert into anlyt.cube_compliance_hourly
select * replace (%(version)s - 1 as ver, 1 as is_deleted) from anlyt.cube_compliance_hourly final
where (tenant_id, hour) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
union all
select
    tenant_id,
    toStartOfHour(event_time, 'UTC') as hour,
    mno,
    lane,
    verdict,
    count() as evaluations,
    sum(evaluation_latency_ms) as latency_sum,
    %(version)s as ver,
    0 as is_deleted
from anlyt.facts_compliance final
where (tenant_id, toStartOfHour(event_time, 'UTC')) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and event_time >= toDateTime64(%(first)s, 6, 'UTC') and event_time < toDateTime64(%(end)s, 6, 'UTC')
group by tenant_id, hour, mno, lane, verdict
