-- One transaction at a time adds up a day ($1): a run that lost its lease may still be at it.
select pg_advisory_xact_lock(hashtext('anlyt.rollup'), $1::date - date '1970-01-01')
