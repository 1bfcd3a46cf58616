-- Removes marks that were seen; one of the same cells that came meanwhile stays. (As one text they are parsed quickly.)
delete from anlyt.dirty where mark_id in cast(%(marks)s as Array(UUID))
