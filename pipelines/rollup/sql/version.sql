-- How often a day ($1) has changed.
select version from anlyt.event_days where day = $1
