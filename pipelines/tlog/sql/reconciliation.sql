-- Results of comparisons with billing. $1 is of other sources.
select 'reconciliation/' || day || '/' || currency || '/' || run_id as subject, null::text as tenant_id, day,
    run_id as position, compared_at as made_at,
    array[
        day::text, currency::text, run_id::text, coalesce(ours::text, ''), coalesce(theirs::text, ''), difference::text,
        divergence::text, status, coalesce(our_messages::text, ''), coalesce(their_messages::text, ''),
        (extract(epoch from compared_at) * 1000000)::bigint::text
    ] as fields
from anlyt.reconciliation_log
where $1::date is not null
