-- Manifests of exported queries. $1 is of other sources.
select 'export/query/' || export_id as subject, tenant_id, (finished_at at time zone 'UTC')::date as day,
    number as position, finished_at as made_at,
    array['query', export_id::text, tenant_id, manifest_sha256] as fields
from anlyt.query_exports
where manifest_sha256 is not null and $1::date is not null
