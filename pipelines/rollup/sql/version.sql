-- The version of day $1: the number of its changes.
select version from anlyt.event_days where day = $1
