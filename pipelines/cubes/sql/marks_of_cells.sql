-- The marks of some cells. Read before the facts, so that the facts of every mark are stored by then.
select mark_id from anlyt.dirty
where cube = %(cube)s and (tenant_id, hour) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))')
