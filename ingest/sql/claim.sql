-- Claims events for this transaction; returns the keys that nobody claimed before. $1: microseconds since 1970.
insert into anlyt.processed_events (event_at, event_key)
select 'epoch'::timestamptz + at * interval '1 microsecond', key from unnest($1::int8[], $2::uuid[]) as t(at, key)
on conflict do nothing
returning event_key
