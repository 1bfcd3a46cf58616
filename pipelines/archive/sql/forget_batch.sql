-- A batch ($1) of which nothing is left.
delete from anlyt.archive_batches where batch = $1 and state = 'ABANDONED'
