-- The newest event time of some cells, in microseconds since 1970. Read before the cells are computed, so they contain it.
select toUnixTimestamp64Micro(max({at})) from anlyt.{source}
where (tenant_id, {begin}) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
    and {at} >= {first} and {at} < {end}
having count() > 0
