-- How many accounts there are, up to $1.
select count(*) from (select from anlyt.accounts limit $1::int) as counted
