-- name: ledger_days
-- The ledger by event day, as LedgerDay in schema/dedup.py.
select day, claimed.newest_claim_at, partition.day is not null as kept, forgotten_claim_at
from anlyt.event_days as claimed
full join (
    select to_date(right(child.relname, 8), 'YYYYMMDD') as day
    from pg_inherits
    join pg_class as child on child.oid = inhrelid
    where inhparent = 'anlyt.processed_events'::regclass
) as partition using (day)
order by day

-- name: readable
-- Nothing, or the error that reading facts or cubes would meet.
select 1 from anlyt.facts_dlr limit 0
union all select 1 from anlyt.facts_cdr limit 0
union all select 1 from anlyt.facts_compliance limit 0
union all select 1 from anlyt.cube_dlr_hourly limit 0
union all select 1 from anlyt.cube_cdr_daily limit 0
union all select 1 from anlyt.cube_compliance_hourly limit 0

-- name: tiered
-- ClickHouse: those of some tables that have a storage policy and a TTL.
select name from system.tables
where database = 'anlyt' and name in {tables:Array(String)} and storage_policy = {policy:String}
    and position(engine_full, {ttl:String}) > 0

-- name: unreadable
-- Which of the tables that reports are made of the user may not read; an error if one is not there.
select coalesce(string_agg(name::text, ', '), '')
from unnest(array[
    'anlyt.metrics_hourly', 'anlyt.metrics_daily', 'anlyt.costs_hourly', 'anlyt.costs_daily', 'anlyt.accounts',
    'anlyt.event_days', 'anlyt.archive_batches', 'anlyt.data_as_of', 'anlyt.data_share_addenda',
    'anlyt.mno_pseudonyms', 'anlyt.reconciliation_log'
]::regclass[]) as tables (name)
where not has_table_privilege(name, 'select');

-- name: volumes
-- ClickHouse: the volumes of a storage policy; none if the server does not have it.
select volume_name from system.storage_policies where policy_name = {policy:String}
