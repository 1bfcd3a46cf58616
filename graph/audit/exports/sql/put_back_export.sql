-- For another try, after a pause.
update anlyt.audit_exports
set state = 'queued', claim = null, leased_until = null, reason = $3, due_at = clock_timestamp() + $4::interval
where export_id = $1 and claim = $2 and state = 'running'
