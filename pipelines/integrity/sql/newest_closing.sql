-- The link that closed the last of the closed days.
select number, day, stored_before from anlyt.integrity_links where amends is null order by day desc limit 1
