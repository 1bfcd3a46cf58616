-- What was read before is checked against: the newest event stored, and for each span of days ($1 until $2, both
-- included) the versions and newest claims of its days.
select
    (select max(newest_event_at) from anlyt.data_as_of) as data_as_of,
    marks.days,
    marks.versions,
    marks.claims
from unnest($1::date[], $2::date[]) with ordinality as span (first_day, last_day, number)
cross join lateral (
    select
        array_send(array_agg(day - date '1970-01-01')) as days,
        array_send(array_agg(version)) as versions,
        array_send(array_agg(coalesce(newest_claim_at, '-infinity'))) as claims
    from anlyt.event_days
    where day between span.first_day and span.last_day
) as marks
order by span.number
