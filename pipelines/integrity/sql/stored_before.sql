-- Up to which instant each of some days ($1) is in the chain.
select day, max(stored_before) as stored_before from anlyt.integrity_links where day = any($1) group by day
