-- Locks day $1, so that one transaction at a time adds it up: a run that lost its lease may still be active.
select pg_advisory_xact_lock(hashtext('anlyt.rollup'), $1::date - date '1970-01-01')
