-- The claims of copies that the stream stored later than these, locked in the ledger's order. Arguments as of a claim.
select claims.event_key, claims.stored_ns
from unnest($1::int8[], $2::uuid[], $3::int8[]) as t(at, key, stored)
join anlyt.processed_events as claims
    on claims.event_at = 'epoch'::timestamptz + t.at * interval '1 microsecond' and claims.event_key = t.key
where claims.stored_ns > t.stored
order by claims.event_at, claims.event_key
for update of claims
