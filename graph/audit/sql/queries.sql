-- name: closed_until
-- The first day that is not closed; null while no day is closed.
select max(day) + 1 as day from anlyt.integrity_links where amends is null

-- name: leaves_of_tenant
-- The leaves of a tenant ($1) on the days from $2 to $3, by number.
select link.day, leaf.number, leaf.link, link.stored_before, leaf.facts, leaf.digest, leaf.path
from anlyt.integrity_leaves as leaf
join anlyt.integrity_links as link on link.number = leaf.link
where leaf.tenant_id = $1 and link.day between $2 and $3
order by leaf.number

-- name: links_from
-- The links from $1 (null: the newest) to the newest.
select number, day, amends, stored_before, leaves, facts, root, previous, hash
from anlyt.integrity_links
where number >= coalesce($1, (select max(number) from anlyt.integrity_links))
order by number

-- name: log_entries
-- The entries of the transparency log from number $1 until $2, in order.
select kind, subject, tenant_id, day, digest, logged_at, nonce
from anlyt.tlog_entries
where number >= $1 and number < $2
order by number

-- name: logged_link
-- The newest link from $1 on that has an entry in a log of $2 entries, and that entry.
select link.number as link, entry.number, entry.logged_at, entry.nonce
from anlyt.integrity_links as link
join anlyt.tlog_entries as entry on entry.subject = 'link/compliance/' || link.number
where link.number >= $1 and entry.number < $2
order by link.number desc
limit 1

-- name: record_access
-- Logs an access, and returns its number.
insert into anlyt.audit_access_log (
    caller, certificate_serial, certificate_sha256, request_id, operation, tenant_id, request, rows_before, row_count
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning access_id
