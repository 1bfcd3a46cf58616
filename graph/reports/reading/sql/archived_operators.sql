-- The operators with an event in the archive.
select coalesce(array_agg(operator_id), '{}') from anlyt.archived_operators
