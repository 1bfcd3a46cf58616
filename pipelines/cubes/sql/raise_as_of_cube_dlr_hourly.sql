-- The newest event time of some cells is in the cube now.
insert into anlyt.data_as_of
select 'cube_dlr_hourly', max(event_time) from anlyt.facts_dlr
where (tenant_id, toStartOfHour(event_time)) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and event_time >= %(first)s and event_time < %(end)s
having count() > 0
