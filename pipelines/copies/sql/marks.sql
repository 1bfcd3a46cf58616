-- The marks of some of a table's minutes, in seconds since 1970. Read before the facts: every fact of such a mark is there.
select mark_id, tenant_id, toUnixTimestamp(hour) from anlyt.dirty
where cube = %(facts)s and toUnixTimestamp(hour) in JSONExtract(%(minutes)s, 'Array(UInt32)')
