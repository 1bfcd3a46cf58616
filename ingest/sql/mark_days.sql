-- Marks the touched days changed, and when their ledger partitions were last claimed in.
insert into anlyt.event_days as d (day, version, newest_claim_at)
select day, 1, now() from unnest($1::date[]) as day
on conflict (day) do update set
    version = d.version + 1, newest_claim_at = greatest(d.newest_claim_at, excluded.newest_claim_at)
