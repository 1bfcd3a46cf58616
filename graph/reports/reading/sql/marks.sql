-- The newest event stored; of the days from $1 to $2, the versions and newest claims; and the batches of the archive that
-- count, by day. (Arrays are sent as bytes: asyncpg would have to ask what they are.)
with days as (
    select
        array_send(array_agg(day - date '1970-01-01')) as days,
        array_send(array_agg(version)) as versions,
        array_send(array_agg(coalesce(newest_claim_at, '-infinity'))) as claims
    from anlyt.event_days
    where day between $1 and $2
), archive as (
    select array_send(array_agg(day - date '1970-01-01')) as archived, array_send(array_agg(batch)) as batches
    from anlyt.archive_batches
    where state = 'ARCHIVED' and day between $1 and $2
)
select (select max(newest_event_at) from anlyt.data_as_of) as data_as_of, days.*, archive.* from days, archive
