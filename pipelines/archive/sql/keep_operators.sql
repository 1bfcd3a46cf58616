-- Remembers the operators that have rows from $1 until $2.
insert into anlyt.archived_operators
select distinct scope_id from anlyt.metrics_hourly
where scope = 'OPERATOR' and hour_bucket >= $1 and hour_bucket < $2
on conflict do nothing
