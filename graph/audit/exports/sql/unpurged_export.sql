-- The oldest one whose files nobody shall have, and on which nobody works.
select export_id from anlyt.audit_exports
where state in ('failed', 'cancelled', 'expired') and purged_at is null
    and (leased_until is null or leased_until < clock_timestamp())
order by access_id limit 1
