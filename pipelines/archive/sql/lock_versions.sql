-- The versions of some days ($1), which stay as they are until the transaction ends.
select day, version from anlyt.event_days where day = any($1::date[]) order by day for update
