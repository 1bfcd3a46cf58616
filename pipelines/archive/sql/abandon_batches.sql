-- Gives up what runs that were killed had begun; from now on they cannot finish it.
update anlyt.archive_batches set state = 'ABANDONED' where state <> 'ARCHIVED' returning batch, day
