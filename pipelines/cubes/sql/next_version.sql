-- A version greater than all before, in the order in which they are taken: a restored backup does not bring old ones back.
update anlyt.cube_version
set version = greatest(version + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
returning version
