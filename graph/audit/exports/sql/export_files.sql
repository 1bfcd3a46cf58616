-- The files of an export, written or not.
select * from anlyt.audit_export_files where export_id = $1 order by number
