-- The partitions of hourly rows whose month ended before $1.
select parent.relname as parent, child.relname as child
from pg_inherits
join pg_class as parent on parent.oid = inhparent
join pg_class as child on child.oid = inhrelid
where parent.relnamespace = 'anlyt'::regnamespace and parent.relname in ('metrics_hourly', 'costs_hourly')
    and to_date(substring(child.relname from '_(\d{8})$'), 'YYYYMMDD') + interval '1 month' <= $1::date
order by child.relname
