-- The daily totals of days before $1, as they are at the day's version. Days that are being added up are left out.
select 'totals/' || days.day || '/' || days.version as subject, null::text as tenant_id, days.day,
    (days.day - date '1970-01-01')::bigint as position, null::timestamptz as made_at,
    array[days.day::text, days.version::text, subjects.number::text, subjects.digest, costs.number::text, costs.digest]
        as fields
from anlyt.event_days as days
cross join lateral (
    select count(*) as number, encode(sha256(convert_to(coalesce(string_agg(
        jsonb_build_array({totals})::text, E'\n' order by scope, scope_id collate "C"), ''), 'UTF8')), 'hex') as digest
    from anlyt.metrics_daily
    where day_bucket = days.day
) as subjects
cross join lateral (
    select count(*) as number, encode(sha256(convert_to(coalesce(string_agg(
        jsonb_build_array(scope, scope_id, currency, total_cost)::text, E'\n'
        order by scope, scope_id collate "C", currency), ''), 'UTF8')), 'hex') as digest
    from anlyt.costs_daily
    where day_bucket = days.day
) as costs
where days.version = days.rolled_version and days.day < $1 and subjects.number > 0
