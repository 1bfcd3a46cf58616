-- The leaves of a link ($1), as columns.
insert into anlyt.integrity_leaves (link, tenant_id, number, facts, digest, path)
select $1, leaf.* from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[]) as leaf
