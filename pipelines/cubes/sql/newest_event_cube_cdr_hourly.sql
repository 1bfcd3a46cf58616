-- Newest event time of some cells, in microseconds since 1970. Read before the cells are computed: it is in them, then.
select toUnixTimestamp64Micro(max(event_time)) from anlyt.facts_cdr
where (tenant_id, toStartOfHour(event_time)) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and event_time >= %(first)s and event_time < %(end)s
having count() > 0
