-- Done: every file is written, and so is the manifest. Null if the export is no longer this process's.
update anlyt.audit_exports as export
set state = 'done', claim = null, leased_until = null, manifest_sha256 = $3, finished_at = this.instant,
    expires_at = this.instant + $4::interval
from (select clock_timestamp() as instant) as this -- asked twice, it moves on in between
where export_id = $1 and claim = $2 and state = 'running' and planned_at is not null
    and not exists (
        select from anlyt.audit_export_files as file where file.export_id = export.export_id and file.name is null
    )
returning true
