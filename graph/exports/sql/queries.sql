-- name: cancel_export
-- Cancels an export. The lease stays, so that its process notices when it renews it.
update {exports}
set state = 'cancelled', finished_at = clock_timestamp(), reason = null
where export_id = $1 and state in ('queued', 'running', 'done')
returning true

-- name: expire_exports
-- Expires exports: their links are no longer returned, and their files are deleted next.
update {exports} set state = 'expired'
where state = 'done' and expires_at <= clock_timestamp()
returning export_id

-- name: export_key
-- The key that signs manifests unless a setting has one.
select key from {keys}

-- name: fail_export
-- Sets an export to failed; it is not tried again.
update {exports}
set state = 'failed', claim = null, leased_until = null, reason = $3, finished_at = clock_timestamp()
where export_id = $1 and claim = $2 and state = 'running'

-- name: lock_exports
-- Only one process at a time counts exports and adds or claims one, until its transaction ends.
select pg_advisory_xact_lock(hashtext('{exports}'))

-- name: mark_purged
-- Stores that the files of an export are deleted.
update {exports} set purged_at = clock_timestamp() where export_id = $1

-- name: postpone_purge
-- Stores that the files of an ended export could not be deleted; they are tried after a pause.
update {exports} set due_at = clock_timestamp() + $2::interval where export_id = $1

-- name: release_export
-- Releases the claim on an export that was cancelled meanwhile.
update {exports} set claim = null, leased_until = null
where export_id = $1 and claim = $2 and state <> 'running'

-- name: renew_lease
-- Renews the lease of a claim. No row if the claim is lost.
update {exports} set leased_until = clock_timestamp() + $3::interval
where export_id = $1 and claim = $2 and state = 'running'
returning true

-- name: requeue_export
-- Queues an export again, after a pause.
update {exports}
set state = 'queued', claim = null, leased_until = null, reason = $3, due_at = clock_timestamp() + $4::interval
where export_id = $1 and claim = $2 and state = 'running'

-- name: unfinished_exports
-- The number of an owner's unfinished exports.
select count(*) from {exports} where {owner} = $1 and state in ('queued', 'running')

-- name: unpurged_export
-- The oldest export that is failed, cancelled or expired, on which no process works, and whose files are not deleted. It is
-- returned again 15 minutes after its end: a server may still finish an insert whose client has left. Postponed ones wait.
select export_id from {exports}
where state in ('failed', 'cancelled', 'expired') and due_at <= clock_timestamp()
    and (leased_until is null or leased_until < clock_timestamp())
    and (
        purged_at is null
        or purged_at < finished_at + interval '15 minutes' and clock_timestamp() > finished_at + interval '15 minutes'
    )
order by requested_at limit 1
