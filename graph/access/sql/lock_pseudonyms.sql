-- One process at a time gives a tenant pseudonyms.
select pg_advisory_xact_lock(hashtext('anlyt.mno_pseudonyms'), hashtext($1))
