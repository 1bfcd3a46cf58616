-- The leaves of a link ($1), in the order of their tree.
select tenant_id, number, facts, digest, path
from anlyt.integrity_leaves
where link = $1
order by tenant_id collate "C"
