-- Its files are deleted.
update anlyt.audit_exports set purged_at = clock_timestamp() where export_id = $1
