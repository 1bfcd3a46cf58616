-- Up to $4 comparisons as JSON, newest first, behind ($1 run, $2 day, $3 currency) or from the first. $5: only this day;
-- $6: only this status; $7: only the last comparison of each day and currency. Null selects all.
select coalesce(json_agg(page order by "runId" desc, day desc, currency desc), '[]')::text
from (
    select
        run_id as "runId",
        day,
        currency,
        round(ours, 6)::text as ours,
        round(theirs, 6)::text as theirs,
        round(difference, 6)::text as difference,
        divergence::float8 as divergence,
        status,
        reason,
        our_messages as "ourMessages",
        their_messages as "theirMessages",
        compared_at as "comparedAt"
    from anlyt.reconciliation_log as log
    where ($1::int8 is null or (run_id, day, currency) < ($1, $2::text::date, $3::text))
        and ($5::date is null or day = $5)
        and ($6::text is null or status = $6)
        and (
            not $7::bool
            or not exists (
                select from anlyt.reconciliation_log as newer
                where newer.day = log.day and newer.currency = log.currency and newer.run_id > log.run_id
            )
        )
    order by run_id desc, day desc, currency desc
    limit $4::int4
) as page
