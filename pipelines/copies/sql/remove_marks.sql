-- Removes marks that were seen; one of the same minutes that came meanwhile stays.
delete from anlyt.dirty where mark_id in cast(%(marks)s as Array(UUID))
