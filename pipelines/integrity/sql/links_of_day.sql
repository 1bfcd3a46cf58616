-- The links about a day ($1), in order.
select number, stored_before from anlyt.integrity_links where day = $1 order by number
