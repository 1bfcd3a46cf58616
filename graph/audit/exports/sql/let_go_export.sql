-- Nobody works any more on an export that was cancelled meanwhile.
update anlyt.audit_exports set claim = null, leased_until = null
where export_id = $1 and claim = $2 and state <> 'running'
