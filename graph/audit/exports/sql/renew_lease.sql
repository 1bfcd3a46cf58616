-- Null if the export is no longer this process's to work on.
update anlyt.audit_exports set leased_until = clock_timestamp() + $3::interval
where export_id = $1 and claim = $2 and state = 'running'
returning true
