-- Removes marks by id; newer marks of the same cells stay.
delete from anlyt.dirty where mark_id in cast(%(marks)s as Array(UUID))
