-- Waits for the transactions that count for function $1, and makes new ones wait until this one ends.
select pg_advisory_xact_lock(hashtextextended('anlyt.counting.' || $1, 0))
