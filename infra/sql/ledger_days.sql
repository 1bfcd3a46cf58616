-- The ledger by event day: the newest claim, and whether the day's partition is there. Days as in schema/dedup.py.
select day, claimed.newest_claim_at, partition.day is not null as kept
from anlyt.event_days as claimed
full join (
    select to_date(right(child.relname, 8), 'YYYYMMDD') as day
    from pg_inherits
    join pg_class as child on child.oid = inhrelid
    where inhparent = 'anlyt.processed_events'::regclass
) as partition using (day)
order by day
