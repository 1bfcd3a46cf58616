-- Manifests of the audit's exports. $1 is of other sources.
select 'export/audit/' || export_id as subject, tenant_id, (finished_at at time zone 'UTC')::date as day,
    access_id as position, finished_at as made_at,
    array['audit', export_id::text, tenant_id, manifest_sha256] as fields
from anlyt.audit_exports
where manifest_sha256 is not null and $1::date is not null
