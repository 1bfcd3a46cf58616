-- A file that is written and read back; null if the export is no longer this process's to work on.
update anlyt.audit_export_files as file
set name = $4, row_count = $5, byte_count = $6, sha256 = $7, first_at = $8, last_at = $9, charges = $10,
    written_at = date_trunc('milliseconds', clock_timestamp())
from (select export_id from anlyt.audit_exports where export_id = $1 and claim = $2 and state = 'running' for update)
    as export
where file.export_id = export.export_id and file.number = $3 and file.name is null
returning true
