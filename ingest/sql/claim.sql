-- Claims events for this transaction; returns the keys that nobody claimed before. $1: microseconds, $3: nanoseconds, both
-- since 1970.
insert into anlyt.processed_events (event_at, event_key, stored_ns)
select 'epoch'::timestamptz + at * interval '1 microsecond', key, stored
from unnest($1::int8[], $2::uuid[], $3::int8[]) as t(at, key, stored)
on conflict do nothing
returning event_key
