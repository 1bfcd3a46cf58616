-- From now on the batch counts; nothing happens if another run has given it up.
update anlyt.archive_batches
set state = 'ARCHIVED', archived = clock_timestamp(), hourly_rows = $2, daily_rows = $3, total_messages = $4, digest = $5
where batch = $1 and state = 'WRITING'
