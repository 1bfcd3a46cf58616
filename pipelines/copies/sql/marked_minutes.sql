-- The minutes (seconds since 1970) of each table of facts that are to be searched, the newest first.
select distinct cube, toUnixTimestamp(hour) as minute from anlyt.dirty
where cube in %(tables)s
order by cube, minute desc
limit %(limit)s
