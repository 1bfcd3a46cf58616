-- name: ledger_days
-- One row per event day of the ledger, with the columns of LedgerDay in schema/dedup.py.
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
-- Returns no rows. Raises the error that reading facts or cubes would raise.
select 1 from anlyt.facts_dlr limit 0
union all select 1 from anlyt.facts_cdr limit 0
union all select 1 from anlyt.facts_compliance limit 0
union all select 1 from anlyt.cube_dlr_hourly limit 0
union all select 1 from anlyt.cube_cdr_daily limit 0
union all select 1 from anlyt.cube_compliance_hourly limit 0

-- name: tiered
-- ClickHouse: the names of the given tables that have the storage policy and the TTL.
select name from system.tables
where database = 'anlyt' and name in {tables:Array(String)} and storage_policy = {policy:String}
    and position(engine_full, {ttl:String}) > 0

-- name: unreadable
-- The tables of reports that the user may not read, comma-separated; an error if a table is missing.
select coalesce(string_agg(name::text, ', '), '')
from unnest(array[
    'anlyt.metrics_hourly', 'anlyt.metrics_daily', 'anlyt.costs_hourly', 'anlyt.costs_daily', 'anlyt.accounts',
    'anlyt.event_days', 'anlyt.archive_batches', 'anlyt.data_as_of', 'anlyt.data_share_addenda',
    'anlyt.mno_pseudonyms', 'anlyt.reconciliation_log'
]::regclass[]) as tables (name)
where not has_table_privilege(name, 'select');

-- name: volumes
-- ClickHouse: the names of a storage policy's volumes; no rows if the server does not have the policy.
select volume_name from system.storage_policies where policy_name = {policy:String}
