-- name: hashes
-- The hashes of level $1 > 0 from number $2 until $3, in order.
select hash from anlyt.tlog_nodes where level = $1 and number >= $2 and number < $3 order by number

-- name: leaf_hashes
-- The hashes of the leaves from number $1 until $2, in order.
select hash from anlyt.tlog_entries where number >= $1 and number < $2 order by number

-- name: newest_published
-- The newest checkpoint that enough witnesses have signed.
select size, note from anlyt.tlog_published order by size desc limit 1

-- name: newest_signed
-- The newest checkpoint.
select size, note from anlyt.tlog_checkpoints order by size desc limit 1
