-- Deletes the record of an abandoned batch ($1) whose rows are gone.
delete from anlyt.archive_batches where batch = $1 and state = 'ABANDONED'
