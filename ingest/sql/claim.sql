-- Claims events for this transaction; returns the keys that nobody claimed before.
insert into anlyt.processed_events (event_at, event_key)
select * from unnest($1::timestamptz[], $2::uuid[])
on conflict do nothing
returning event_key
