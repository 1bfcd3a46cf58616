-- Adds 20,000 accesses of the audit.
insert into anlyt.audit_access_log (
    caller, certificate_serial, certificate_sha256, request_id, operation, tenant_id, request, rows_before, row_count
)
select 'regulator-portal-service', 'a1', 'b2', number::text, 'query', 'tenant-1', '{}', 0, 1000
from generate_series(1, 20000) as number
