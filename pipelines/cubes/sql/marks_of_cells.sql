-- The marks of some cells. Read before the facts: every fact of such a mark is there when they are read.
select mark_id from anlyt.dirty
where cube = %(cube)s and (tenant_id, hour) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
