-- Which of the tables that reports are made of the user may not read; an error if one is not there.
select coalesce(string_agg(name::text, ', '), '')
from unnest(array[
    'anlyt.metrics_hourly', 'anlyt.metrics_daily', 'anlyt.costs_hourly', 'anlyt.costs_daily', 'anlyt.accounts',
    'anlyt.event_days', 'anlyt.archive_batches', 'anlyt.data_as_of', 'anlyt.data_share_addenda',
    'anlyt.mno_pseudonyms', 'anlyt.reconciliation_log'
]::regclass[]) as tables (name)
where not has_table_privilege(name, 'select');
