-- Makes batch $1 the archive of day $2; changes nothing if another run has abandoned it.
update anlyt.archive_batches
set state = 'ARCHIVED', archived = clock_timestamp(), hourly_rows = $3, daily_rows = $4, total_messages = $5, digest = $6
where batch = $1 and day = $2 and state = 'WRITING'
