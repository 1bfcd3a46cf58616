-- Rows of the dedup ledger, as the statistics have them: counting them would read them all.
select coalesce(sum(n_live_tup), 0)::int8
from pg_stat_user_tables
where schemaname = 'anlyt' and starts_with(relname, 'processed_events_')
