-- Until this transaction ends, a rebuild of function $1 waits; until a rebuild has ended its own, this waits.
select pg_advisory_xact_lock_shared(hashtextextended('anlyt.counting.' || $1, 0))
