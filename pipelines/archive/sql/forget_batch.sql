-- Deletes the record of an abandoned batch ($1) that has no rows any more.
delete from anlyt.archive_batches where batch = $1 and state = 'ABANDONED'
