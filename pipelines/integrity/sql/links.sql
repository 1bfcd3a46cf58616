-- The whole chain, in order.
select number, day, amends, stored_before, leaves, facts, root, previous, hash
from anlyt.integrity_links
order by number
