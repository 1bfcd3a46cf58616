-- The claims are now those of copies that the stream stored earlier. Arguments as of a claim.
update anlyt.processed_events as claims
set stored_ns = t.stored
from unnest($1::int8[], $2::uuid[], $3::int8[]) as t(at, key, stored)
where claims.event_at = 'epoch'::timestamptz + t.at * interval '1 microsecond' and claims.event_key = t.key
