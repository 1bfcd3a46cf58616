-- Accesses of the audit. $1 is of other sources.
select 'access/' || access_id as subject, tenant_id, (accessed_at at time zone 'UTC')::date as day, access_id as position,
    accessed_at as made_at,
    array[
        access_id::text, (extract(epoch from accessed_at) * 1000000)::bigint::text, caller, certificate_serial,
        certificate_sha256, request_id, operation, tenant_id, request::text, rows_before::text, row_count::text
    ] as fields
from anlyt.audit_access_log
where $1::date is not null
