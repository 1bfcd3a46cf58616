-- One process at a time counts exports and changes what it counted, until its transaction ends.
select pg_advisory_xact_lock(hashtext('anlyt.audit_exports'))
