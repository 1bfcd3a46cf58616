-- name: add_export
-- Adds a queued export.
insert into anlyt.audit_exports (
    export_id, access_id, caller, dataset, tenant_id, from_time, to_time, verdict, rule_type
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: export_files
-- The files of an export, planned and written.
select * from anlyt.audit_export_files where export_id = $1 order by number

-- name: exports_before
-- A caller's exports before an access id, newest first, with the progress of each.
select export.*, files.planned, files.written, files.row_count, files.byte_count
from anlyt.audit_exports as export
cross join lateral (
    select
        count(*) as planned,
        count(file.name) as written,
        coalesce(sum(file.row_count), 0)::bigint as row_count,
        coalesce(sum(file.byte_count), 0)::bigint as byte_count
    from anlyt.audit_export_files as file where file.export_id = export.export_id
) as files
where export.caller = $1 and export.access_id < $2
order by export.access_id desc
limit $3

-- name: finish_export
-- Sets an export to done, once all files and the manifest are written. No row if the claim is lost.
update anlyt.audit_exports as export
set state = 'done', claim = null, leased_until = null, manifest_sha256 = $3, finished_at = this.instant,
    expires_at = this.instant + $4::interval
from (select clock_timestamp() as instant) as this -- one reading of the clock for both columns
where export_id = $1 and claim = $2 and state = 'running' and planned_at is not null
    and not exists (
        select from anlyt.audit_export_files as file where file.export_id = export.export_id and file.name is null
    )
returning true

-- name: insert_file
-- ClickHouse: writes the rows of the following select to an object. The server has the keys to S3.
insert into function s3(anlyt_exports, filename = {file:String}, format = 'Parquet')

-- name: keep_file
-- Stores a file that is written and read back. No row if the claim is lost.
update anlyt.audit_export_files as file
set name = $4, row_count = $5, byte_count = $6, sha256 = $7, first_at = $8, last_at = $9, charges = $10,
    written_at = date_trunc('milliseconds', clock_timestamp())
from (select export_id from anlyt.audit_exports where export_id = $1 and claim = $2 and state = 'running' for update)
    as export
where file.export_id = export.export_id and file.number = $3 and file.name is null
returning true

-- name: measure_cdr
-- ClickHouse: the totals of an object of call detail records.
select count() as row_count, min(occurredAt) as first_at, max(occurredAt) as last_at,
    sumMap(map(currency, chargeAmount)) as charges
from s3(anlyt_exports, filename = {file:String}, format = 'Parquet')

-- name: measure_compliance
-- ClickHouse: the totals of an object of evaluations.
select count() as row_count, min(at) as first_at, max(at) as last_at
from s3(anlyt_exports, filename = {file:String}, format = 'Parquet')

-- name: one_export
-- An export of a caller.
select * from anlyt.audit_exports where export_id = $1 and caller = $2

-- name: plan_export
-- Stores the slices of an export, once, by the process with the claim.
with planned as (
    update anlyt.audit_exports set planned_at = clock_timestamp(), data_as_of = $3
    where export_id = $1 and claim = $2 and state = 'running' and planned_at is null
    returning export_id
)
insert into anlyt.audit_export_files (export_id, number, from_time, to_time)
select planned.export_id, slice.number, slice.from_time, slice.to_time
from planned, unnest($4::timestamptz[], $5::timestamptz[]) with ordinality as slice (from_time, to_time, number)
returning number
