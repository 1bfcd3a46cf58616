-- The newest event time of some cells, in microseconds since 1970. Read before the cells are computed, so that they contain it.
select toUnixTimestamp64Micro(max(event_time)) from anlyt.facts_compliance
where (tenant_id, toStartOfHour(event_time, 'UTC')) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and event_time >= toDateTime64(%(first)s, 6, 'UTC') and event_time < toDateTime64(%(end)s, 6, 'UTC')
having count() > 0
