-- The version of a day ($1) whose daily rows are what its hours add up to; null if they are not.
select case when version = rolled_version then version end from anlyt.event_days where day = $1
