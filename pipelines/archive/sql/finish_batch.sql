-- From now on the batch ($1) counts for day $2; nothing happens if another run has given it up.
update anlyt.archive_batches
set state = 'ARCHIVED', archived = clock_timestamp(), hourly_rows = $3, daily_rows = $4, total_messages = $5, digest = $6
where batch = $1 and day = $2 and state = 'WRITING'
