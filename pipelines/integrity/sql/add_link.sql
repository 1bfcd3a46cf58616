-- A further link.
insert into anlyt.integrity_links (number, day, amends, stored_before, leaves, facts, root, previous, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
