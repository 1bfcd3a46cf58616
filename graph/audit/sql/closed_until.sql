-- The first day that is not closed; null while none is.
select max(day) + 1 as day from anlyt.integrity_links where amends is null
