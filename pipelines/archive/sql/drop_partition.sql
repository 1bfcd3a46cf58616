-- Drops a partition ($2) of a table ($1) if it is empty.
select anlyt.drop_empty_partition($1, $2)
