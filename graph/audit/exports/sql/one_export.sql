-- An export of a caller.
select * from anlyt.audit_exports where export_id = $1 and caller = $2
