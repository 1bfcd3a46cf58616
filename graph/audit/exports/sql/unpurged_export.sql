-- The oldest one whose files nobody shall have, and on which nobody works. Again when the last statement that may have
-- been under way at its end is over: a server ends an insert only by and by when its client has left.
select export_id from anlyt.audit_exports
where state in ('failed', 'cancelled', 'expired')
    and (leased_until is null or leased_until < clock_timestamp())
    and (
        purged_at is null
        or purged_at < finished_at + interval '15 minutes' and clock_timestamp() > finished_at + interval '15 minutes'
    )
order by access_id limit 1
