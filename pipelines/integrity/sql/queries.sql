-- name: add_leaves
-- Inserts the leaves of link $1, passed as columns.
insert into anlyt.integrity_leaves (link, tenant_id, number, facts, digest, path)
select $1, leaf.* from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[]) as leaf

-- name: add_link
-- Inserts a link.
insert into anlyt.integrity_links (number, day, amends, stored_before, leaves, facts, root, previous, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: first_day
-- The day of the first compliance fact whose event the stream stored before the instant {before}.
with {stored_at} as stored_at
select toDate(min(event_time), 'UTC') as day from anlyt.facts_compliance where stored_at < {before:UInt64} having count() > 0

-- name: head
-- The newest link.
select number, hash from anlyt.integrity_links order by number desc limit 1

-- name: late_days
-- Days before {until} with facts that the stream stored from the instant {from} until {before}, and the newest such
-- instant of each. Includes copies that FINAL would hide.
with {stored_at} as stored_at
select toDate(event_time, 'UTC') as day, max(stored_at) as stored
from anlyt.facts_compliance
where stored_at >= {from:UInt64} and stored_at < {before:UInt64} and event_time < toDateTime64({until:Date}, 6, 'UTC')
group by day
order by day

-- name: leaf_numbers
-- The number of every tenant's newest leaf. The link that closed the newest day ($1) has a leaf of each tenant; only
-- amendments, which may bring new tenants, come after it.
select tenant_id, max(number) as number from anlyt.integrity_leaves where link >= $1 group by tenant_id

-- name: leaves_of_link
-- The leaves of link $1, in the order of their tree.
select tenant_id, number, facts, digest, path
from anlyt.integrity_leaves
where link = $1
order by tenant_id collate "C"

-- name: links
-- The whole chain, in order.
select number, day, amends, stored_before, leaves, facts, root, previous, hash
from anlyt.integrity_links
order by number

-- name: links_of_day
-- The links of day $1, in order.
select number, stored_before from anlyt.integrity_links where day = $1 order by number

-- name: newest_closing
-- The link that closed the newest closed day.
select number, day, stored_before from anlyt.integrity_links where amends is null order by day desc limit 1

-- name: newest_count
-- The number of differences that the newest successful run found.
select (counts ->> 'differences')::integer
from anlyt.pipeline_runs
where name = 'integrity' and status = 'SUCCEEDED'
order by id desc
limit 1

-- name: stored_before
-- The time up to which the chain covers each of the days $1.
select day, max(stored_before) as stored_before from anlyt.integrity_links where day = any($1) group by day
