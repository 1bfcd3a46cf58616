-- Whoever works on it finds out when it renews its lease, which therefore stays.
update anlyt.audit_exports
set state = 'cancelled', finished_at = clock_timestamp(), reason = null
where export_id = $1 and caller = $2 and state in ('queued', 'running', 'done')
returning true
