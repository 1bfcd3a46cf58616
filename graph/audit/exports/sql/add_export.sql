-- An export that nobody works on yet.
insert into anlyt.audit_exports (
    export_id, access_id, caller, dataset, tenant_id, from_time, to_time, verdict, rule_type
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
