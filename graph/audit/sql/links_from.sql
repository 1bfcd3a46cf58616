-- The chain from a link ($1) to its end; without one, its newest link.
select number, day, amends, stored_before, leaves, facts, root, previous, hash
from anlyt.integrity_links
where number >= coalesce($1, (select max(number) from anlyt.integrity_links))
order by number
