-- An answer that shows a tenant the names of MNOs.
insert into anlyt.unmasking_log (tenant_id, caller, request_id, what) values ($1, $2, $3, $4)
