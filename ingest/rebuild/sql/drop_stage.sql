-- Removes the tables of a rebuild, also those of one that was killed.
drop schema if exists anlyt_rebuild cascade
