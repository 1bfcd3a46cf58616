-- Claims the oldest export that is due or whose lease has ended, of a caller with fewer than $3 running exports.
update anlyt.audit_exports
set state = 'running', claim = $1, leased_until = clock_timestamp() + $2::interval, reason = null
where export_id = (
    select waiting.export_id from anlyt.audit_exports as waiting
    where (
            waiting.state = 'queued' and waiting.due_at <= clock_timestamp()
            or waiting.state = 'running' and waiting.leased_until < clock_timestamp()
        )
        and $3 > (
            select count(*) from anlyt.audit_exports as other
            where other.caller = waiting.caller and other.state = 'running' and other.leased_until >= clock_timestamp()
        )
    order by waiting.access_id
    limit 1
    for update skip locked
)
returning *
