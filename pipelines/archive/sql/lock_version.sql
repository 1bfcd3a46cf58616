-- The version of a day ($1), which stays as it is until the transaction ends.
select version from anlyt.event_days where day = $1 for update
