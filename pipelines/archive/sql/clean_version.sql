-- The version of day $1 if its daily rows are the sum of its hours, else null.
select case when version = rolled_version then version end from anlyt.event_days where day = $1
