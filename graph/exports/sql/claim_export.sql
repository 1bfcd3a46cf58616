-- Claims the oldest export that is due or whose lease has ended, of an owner with fewer than $3 running exports.
update {exports}
set state = 'running', claim = $1, leased_until = clock_timestamp() + $2::interval, reason = null,
    interruptions = interruptions + (state = 'running')::integer
where export_id = (
    select waiting.export_id from {exports} as waiting
    where (
            waiting.state = 'queued' and waiting.due_at <= clock_timestamp()
            or waiting.state = 'running' and waiting.leased_until < clock_timestamp()
        )
        and $3 > (
            select count(*) from {exports} as other
            where other.{owner} = waiting.{owner} and other.state = 'running' and other.leased_until >= clock_timestamp()
        )
    order by waiting.requested_at
    limit 1
    for update skip locked
)
returning *
