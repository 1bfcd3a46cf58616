-- name: dirty_cells
-- Cells to compute again, newest first: readers mostly query the newest, and a backlog can wait. Other marks belong to the
-- pipeline `copies`.
select distinct cube, tenant_id, hour from anlyt.dirty
where startsWith(cube, 'cube_')
order by cube, hour desc, tenant_id
limit %(limit)s

-- name: freshness
-- Seconds since the oldest mark of each cube that has one.
select cube, max(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(marked_at)) / 1000 as age
from anlyt.dirty
group by (cube)

-- name: mark_contested
-- Marks cells again that another run computed at the same time; there are none while the lease holds.
insert into anlyt.dirty (cube, tenant_id, hour)
select distinct '{cube}', tenant_id, {time} from anlyt.{cube} final
where (tenant_id, {time}) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))') and ver != %(version)s

-- name: marks_of_cells
-- The marks of some cells. Read before the facts, so that the facts of every mark are stored by then.
select mark_id from anlyt.dirty
where cube = %(cube)s and (tenant_id, hour) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')

-- name: newest_event
-- The newest event time of some cells, in microseconds since 1970. Read before the cells are computed, so they contain it.
select toUnixTimestamp64Micro(max({at})) from anlyt.{source}
where (tenant_id, {begin}) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and {at} >= {first} and {at} < {end}
having count() > 0

-- name: newest_events
-- The newest event time of each fact table, from the metadata of its parts, and of each cube.
select 'facts_dlr', max(event_time) from anlyt.facts_dlr having count() > 0
union all
select 'facts_cdr', max(event_time) from anlyt.facts_cdr having count() > 0
union all
select 'facts_compliance', max(event_time) from anlyt.facts_compliance having count() > 0
union all
select cube, max(newest_event_at) from anlyt.data_as_of group by (cube)

-- name: next_version
-- Draws a version greater than all earlier ones. It follows the clock, so a restored backup does not repeat versions.
update anlyt.cube_version
set version = greatest(version + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
returning version

-- name: raise_as_of
-- Notes an event time whose effect a cube has now.
insert into anlyt.data_as_of select %(cube)s, fromUnixTimestamp64Micro(%(newest)s, 'UTC')

-- name: remove_marks
-- Removes marks by id; newer marks of the same cells stay.
delete from anlyt.dirty where mark_id in cast(%(marks)s as Array(UUID))
