-- name: add_export
-- An export that nobody works on yet.
insert into anlyt.audit_exports (
    export_id, access_id, caller, dataset, tenant_id, from_time, to_time, verdict, rule_type
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: cancel_export
-- Whoever works on it finds out when it renews its lease, which therefore stays.
update anlyt.audit_exports
set state = 'cancelled', finished_at = clock_timestamp(), reason = null
where export_id = $1 and caller = $2 and state in ('queued', 'running', 'done')
returning true

-- name: expire_exports
-- Their links are given to nobody from now on; the files go next.
update anlyt.audit_exports set state = 'expired'
where state = 'done' and expires_at <= clock_timestamp()
returning export_id

-- name: export_files
-- The files of an export, written or not.
select * from anlyt.audit_export_files where export_id = $1 order by number

-- name: export_key
-- What signs manifests when no setting has a key.
select key from anlyt.export_signing_key

-- name: exports_before
-- A caller's exports, newest first, from behind a position, with how much of each is written.
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

-- name: fail_export
-- It will not be tried again.
update anlyt.audit_exports
set state = 'failed', claim = null, leased_until = null, reason = $3, finished_at = clock_timestamp()
where export_id = $1 and claim = $2 and state = 'running'

-- name: finish_export
-- Done: every file is written, and so is the manifest. Null if the export is no longer this process's.
update anlyt.audit_exports as export
set state = 'done', claim = null, leased_until = null, manifest_sha256 = $3, finished_at = this.instant,
    expires_at = this.instant + $4::interval
from (select clock_timestamp() as instant) as this -- asked twice, it moves on in between
where export_id = $1 and claim = $2 and state = 'running' and planned_at is not null
    and not exists (
        select from anlyt.audit_export_files as file where file.export_id = export.export_id and file.name is null
    )
returning true

-- name: insert_file
-- ClickHouse: the rows of the select that follows become an object. The keys to S3 are the server's.
insert into function s3(anlyt_exports, filename = {file:String}, format = 'Parquet')

-- name: keep_file
-- A file that is written and read back; null if the export is no longer this process's to work on.
update anlyt.audit_export_files as file
set name = $4, row_count = $5, byte_count = $6, sha256 = $7, first_at = $8, last_at = $9, charges = $10,
    written_at = date_trunc('milliseconds', clock_timestamp())
from (select export_id from anlyt.audit_exports where export_id = $1 and claim = $2 and state = 'running' for update)
    as export
where file.export_id = export.export_id and file.number = $3 and file.name is null
returning true

-- name: let_go_export
-- Nobody works any more on an export that was cancelled meanwhile.
update anlyt.audit_exports set claim = null, leased_until = null
where export_id = $1 and claim = $2 and state <> 'running'

-- name: lock_exports
-- One process at a time counts exports and changes what it counted, until its transaction ends.
select pg_advisory_xact_lock(hashtext('anlyt.audit_exports'))

-- name: mark_purged
-- Its files are deleted.
update anlyt.audit_exports set purged_at = clock_timestamp() where export_id = $1

-- name: measure_cdr
-- ClickHouse: what is in an object of call detail records.
select count() as row_count, min(occurredAt) as first_at, max(occurredAt) as last_at,
    sumMap(map(currency, chargeAmount)) as charges
from s3(anlyt_exports, filename = {file:String}, format = 'Parquet')

-- name: measure_compliance
-- ClickHouse: what is in an object of evaluations.
select count() as row_count, min(at) as first_at, max(at) as last_at
from s3(anlyt_exports, filename = {file:String}, format = 'Parquet')

-- name: one_export
-- An export of a caller.
select * from anlyt.audit_exports where export_id = $1 and caller = $2

-- name: plan_export
-- The files of an export, decided upon once, by whoever works on it.
with planned as (
    update anlyt.audit_exports set planned_at = clock_timestamp(), data_as_of = $3
    where export_id = $1 and claim = $2 and state = 'running' and planned_at is null
    returning export_id
)
insert into anlyt.audit_export_files (export_id, number, from_time, to_time)
select planned.export_id, slice.number, slice.from_time, slice.to_time
from planned, unnest($4::timestamptz[], $5::timestamptz[]) with ordinality as slice (from_time, to_time, number)
returning number

-- name: put_back_export
-- For another try, after a pause.
update anlyt.audit_exports
set state = 'queued', claim = null, leased_until = null, reason = $3, due_at = clock_timestamp() + $4::interval
where export_id = $1 and claim = $2 and state = 'running'

-- name: renew_lease
-- Null if the export is no longer this process's to work on.
update anlyt.audit_exports set leased_until = clock_timestamp() + $3::interval
where export_id = $1 and claim = $2 and state = 'running'
returning true

-- name: unpurged_export
-- The oldest one whose files nobody shall have, and on which nobody works. Again when the last statement that may have
-- been under way at its end is over: a server ends an insert only by and by when its client has left.
select export_id from anlyt.audit_exports
where state in ('failed', 'cancelled', 'expired')
    and (leased_until is null or leased_until < clock_timestamp())
    and (
        purged_at is null
        or purged_at < finished_at + interval '15 minutes' and clock_timestamp() > finished_at + interval '15 minutes'
    )
order by access_id limit 1

-- name: waiting_exports
-- How many exports of a caller are not finished.
select count(*) from anlyt.audit_exports where caller = $1 and state in ('queued', 'running')
