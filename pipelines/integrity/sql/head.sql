-- The newest link.
select number, hash from anlyt.integrity_links order by number desc limit 1
