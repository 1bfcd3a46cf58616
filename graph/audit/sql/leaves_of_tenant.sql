-- The leaves of a tenant ($1) of the days from $2 to $3, in the order of their numbers.
select link.day, leaf.number, leaf.link, link.stored_before, leaf.facts, leaf.digest, leaf.path
from anlyt.integrity_leaves as leaf
join anlyt.integrity_links as link on link.number = leaf.link
where leaf.tenant_id = $1 and link.day between $2 and $3
order by leaf.number
