-- It will not be tried again.
update anlyt.audit_exports
set state = 'failed', claim = null, leased_until = null, reason = $3, finished_at = clock_timestamp()
where export_id = $1 and claim = $2 and state = 'running'
