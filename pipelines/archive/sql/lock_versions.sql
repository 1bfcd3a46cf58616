-- The versions of days $1, locked until the transaction ends.
select day, version from anlyt.event_days where day = any($1::date[]) order by day for update
