-- Makes a partition unless it is there.
select anlyt.ensure_partition($1, $2, $3)
