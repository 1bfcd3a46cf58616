-- Locks a day before its cells, as ingest does.
select from anlyt.event_days where day = $1 for update
