-- Notes when the touched days' ledger partitions were last claimed in, and locks the days in order: triggers raise their
-- versions later in the transaction, in whatever order the cells come.
insert into anlyt.event_days as d (day, newest_claim_at)
select day, now() from unnest($1::date[]) as day
on conflict (day) do update set newest_claim_at = greatest(d.newest_claim_at, excluded.newest_claim_at)
