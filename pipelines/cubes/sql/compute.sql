-- Computes the cells of some tenants and times from deduplicated facts or from hourly cells. Rows that existed before are
-- marked as deleted.
insert into anlyt.{cube}
select * replace (%(version)s - 1 as ver, 1 as is_deleted) from anlyt.{cube} final
where (tenant_id, {time}) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
union all
select
    tenant_id,
    {begin} as {time},
    {dimensions},
    {figures},
    %(version)s as ver,
    0 as is_deleted
from anlyt.{source} as source final
where (tenant_id, {begin}) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and {at} >= {first} and {at} < {end}
group by tenant_id, {time}, {dimensions}
