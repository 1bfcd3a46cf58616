-- How many exports of a caller are not finished.
select count(*) from anlyt.audit_exports where caller = $1 and state in ('queued', 'running')
