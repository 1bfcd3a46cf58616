-- An access, and the number by which it is known.
insert into anlyt.audit_access_log (
    caller, certificate_serial, certificate_sha256, request_id, operation, tenant_id, request, rows_before, row_count
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning access_id
