-- Draws a version greater than all earlier ones. It follows the clock, so a restored backup does not repeat versions.
update anlyt.cube_version
set version = greatest(version + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
returning version
