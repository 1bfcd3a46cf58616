-- The ledger by event day, as LedgerDay in schema/dedup.py.
select day, claimed.newest_claim_at, partition.day is not null as kept, forgotten_claim_at
from anlyt.event_days as claimed
full join (
    select to_date(right(child.relname, 8), 'YYYYMMDD') as day
    from pg_inherits
    join pg_class as child on child.oid = inhrelid
    where inhparent = 'anlyt.processed_events'::regclass
) as partition using (day)
order by day
