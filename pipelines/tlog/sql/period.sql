-- Periods of arrivals. $1 is of other sources.
select 'arrivals/' || dataset || '/' || (extract(epoch from stored_before) * 1000000)::bigint as subject,
    null::text as tenant_id, (stored_from at time zone 'UTC')::date as day, entry as position, null::timestamptz as made_at,
    array[
        dataset, (extract(epoch from stored_from) * 1000000)::bigint::text,
        (extract(epoch from stored_before) * 1000000)::bigint::text, leaves::text, facts::text, encode(root, 'hex')
    ] as fields
from anlyt.tlog_periods
where $1::date is not null
