-- name: add_entries
-- Inserts entries from number $1 on, logged at $2, passed as columns.
insert into anlyt.tlog_entries (number, logged_at, kind, subject, tenant_id, day, digest, nonce, hash)
select $1 + entry.position - 1, $2, kind, subject, tenant_id, day, digest, nonce, hash
from unnest($3::text[], $4::text[], $5::text[], $6::date[], $7::bytea[], $8::bytea[], $9::bytea[])
    with ordinality as entry (kind, subject, tenant_id, day, digest, nonce, hash, position)

-- name: add_cosignature
-- Stores the line of witness $2 for the checkpoint of size $1.
insert into anlyt.tlog_cosignatures (size, witness, line) values ($1, $2, $3) on conflict do nothing

-- name: add_node
-- Inserts the root of a full tile as hash $2 of level $1.
insert into anlyt.tlog_nodes (level, number, hash) values ($1, $2, $3)

-- name: add_checkpoint
-- Stores the checkpoint of size $1.
insert into anlyt.tlog_checkpoints (size, note) values ($1, $2)

-- name: add_period
-- Stores a period, which entry $1 speaks of.
insert into anlyt.tlog_periods (entry, dataset, stored_from, stored_before, leaves, facts, root)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: add_arrivals
-- Inserts the leaves of the period of entry $1, passed as columns.
insert into anlyt.tlog_arrivals (entry, tenant_id, day, facts, digest)
select $1, leaf.* from unnest($2::text[], $3::date[], $4::bigint[], $5::bytea[]) as leaf

-- name: arrivals_of_day
-- What arrived of day $2 in dataset $1 since $3, by period.
select period.stored_from, arrived.tenant_id, arrived.facts, arrived.digest
from anlyt.tlog_arrivals as arrived
join anlyt.tlog_periods as period using (entry)
where arrived.day = $2 and period.dataset = $1 and period.stored_before > $3

-- name: checkpoints
-- All checkpoints, by size.
select size, note from anlyt.tlog_checkpoints order by size

-- name: differing_notes
-- What was published under another text than what was signed.
select published.size, published.published_at
from anlyt.tlog_published as published
join anlyt.tlog_checkpoints as checkpoint using (size)
where not starts_with(published.note, checkpoint.note)

-- name: dropped_totals
-- Totals whose day is as the newest entry says, and has no rows. Older days are in the archive.
select entry.subject, entry.day
from (select distinct on (day) subject, day from anlyt.tlog_entries where kind = 'totals' order by day, number desc) as entry
join anlyt.event_days as days on days.day = entry.day and entry.subject = 'totals/' || days.day || '/' || days.version
where days.version = days.rolled_version
    and days.day > (now() at time zone 'UTC')::date - 85
    and not exists (select from anlyt.metrics_daily where day_bucket = days.day)

-- name: entries
-- Entries from number $1 on, at most $2.
select number, kind, subject, tenant_id, day, digest, logged_at, nonce, hash
from anlyt.tlog_entries
where number >= $1
order by number
limit $2

-- name: floor
-- The subject of the newest entry of kind $1 that is older than an hour. What was made before has an entry, too: no
-- transaction takes that long.
select subject from anlyt.tlog_entries
where kind = $1 and logged_at < clock_timestamp() - interval '1 hour'
order by number desc
limit 1

-- name: forget_arrivals
-- Drops leaves of periods that ended before $1; the roots of these stay.
delete from anlyt.tlog_arrivals
where entry in (select entry from anlyt.tlog_periods where stored_before < $1)

-- name: head
-- The size of the log, and the time of its next entry.
select coalesce(max(number) + 1, 0) as size, greatest(clock_timestamp(), max(logged_at)) as logged_at
from (select number, logged_at from anlyt.tlog_entries order by number desc limit 1) as newest

-- name: leaves_of_period
-- The leaves of the period of entry $1, in the order of their tree.
select tenant_id, day, facts, digest
from anlyt.tlog_arrivals
where entry = $1
order by tenant_id collate "C", day

-- name: lock
-- Waits for other transactions that append.
select pg_advisory_xact_lock(hashtext('anlyt.tlog'))

-- name: newest_closing
-- The time up to which closed days are covered, if any is closed.
select max(stored_before) as stored_before from anlyt.integrity_links where amends is null

-- name: nodes
-- All roots of full tiles.
select level, number, hash from anlyt.tlog_nodes order by level, number

-- name: pending
-- Rows of a source above position $2 that have no entry, at most $3.
select source.subject, source.tenant_id, source.day, source.fields
from ({source}) as source
where source.position > $2
    and not exists (select from anlyt.tlog_entries as entry where entry.subject = source.subject)
order by source.position, source.subject
limit $3

-- name: cosigned
-- The line of witness $1 for the checkpoint of size $2.
select line from anlyt.tlog_cosignatures where witness = $1 and size = $2

-- name: newest_cosigned
-- The size of the newest checkpoint that witness $1 has signed; 0 if it has signed none.
select coalesce(max(size), 0) from anlyt.tlog_cosignatures where witness = $1

-- name: publish
-- Publishes the checkpoint of size $1.
insert into anlyt.tlog_published (size, note) values ($1, $2) on conflict do nothing

-- name: published_at
-- When the newest checkpoint was published; when the log began if none was.
select coalesce(
    (select published_at from anlyt.tlog_published order by size desc limit 1),
    (select logged_at from anlyt.tlog_entries where number = 0)
)

-- name: compared
-- Entries of kind $2 beside the rows of a source that they speak of. Each may be missing.
select entry.number, entry.digest, source.made_at, source.fields,
    (entry.tenant_id, entry.day) is not distinct from (source.tenant_id, source.day) as is_named,
    coalesce(entry.subject, source.subject) as subject,
    coalesce(source.tenant_id, entry.tenant_id) as tenant_id,
    coalesce(source.day, entry.day) as day
from (select * from anlyt.tlog_entries where kind = $2 and subject like $3) as entry
full join ({source}) as source on source.subject = entry.subject

-- name: period_end
-- Up to when periods of dataset $1 reach.
select max(stored_before) from anlyt.tlog_periods where dataset = $1

-- name: periods
-- All periods of dataset $1, in order.
select entry, stored_from, stored_before, leaves, facts, root
from anlyt.tlog_periods
where dataset = $1
order by stored_from

-- name: signing_key
-- The key that signs if no setting has one.
select key from anlyt.tlog_signing_key
