-- A number for what is going to be written of day $1.
insert into anlyt.archive_batches (day) values ($1) returning batch
