-- The newest event time of some cells is in the cube now.
insert into anlyt.data_as_of
select 'cube_cdr_daily', max(event_time) from anlyt.facts_cdr
where (tenant_id, toStartOfDay(event_time)) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and event_time >= %(first)s and event_time < %(end)s
having count() > 0
