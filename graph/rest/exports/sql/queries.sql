-- name: add_export
-- Adds a queued export.
insert into anlyt.query_exports (export_id, role, tenant_id, caller, idempotency_key, request, requested_at)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: begin_attempt
-- Forgets the files of earlier attempts. No row if the claim is lost.
with claimed as (
    update anlyt.query_exports set about = null, rows_planned = null, unmasked = '{}'
    where export_id = $1 and claim = $2 and state = 'running'
    returning export_id
), forgotten as (
    delete from anlyt.query_export_files where export_id in (select export_id from claimed)
)
select export_id from claimed

-- name: describe_export
-- Stores what the manifest says about the rows. No row if the claim is lost.
update anlyt.query_exports set about = $3, rows_planned = $4, unmasked = $5
where export_id = $1 and claim = $2 and state = 'running'
returning true

-- name: export_files
-- The files of an export, in the order of their rows.
select * from anlyt.query_export_files where export_id = $1 order by number

-- name: finish_export
-- Sets an export to done, once the files with all its rows and the manifest are written. No row if the claim is lost.
update anlyt.query_exports as export
set state = 'done', claim = null, leased_until = null, manifest_sha256 = $3, finished_at = this.instant,
    expires_at = this.instant + $4::interval
from (select clock_timestamp() as instant) as this -- one reading of the clock for both columns
where export_id = $1 and claim = $2 and state = 'running'
    and rows_planned = (
        select sum(file.row_count) from anlyt.query_export_files as file where file.export_id = export.export_id
    )
returning true

-- name: forget_exports
-- Deletes the rows of exports that ended 90 days ago and whose files are deleted, and their idempotency keys.
delete from anlyt.query_exports
where state in ('failed', 'cancelled', 'expired') and purged_at > finished_at + interval '15 minutes'
    and finished_at < clock_timestamp() - interval '90 days'

-- name: keep_file
-- Stores a file that is written and read back. No row if the claim is lost.
insert into anlyt.query_export_files (export_id, number, name, row_count, byte_count, sha256)
select export_id, $3, $4, $5, $6, $7
from (select export_id from anlyt.query_exports where export_id = $1 and claim = $2 and state = 'running' for update)
    as claimed
returning true

-- name: owned_exports
-- An owner's exports before a number, newest first, with the progress of each; only the one with the id $6 if it is given.
select export.*, files.file_count, files.row_count, files.byte_count
from anlyt.query_exports as export
cross join lateral (
    select
        count(*) as file_count,
        coalesce(sum(file.row_count), 0)::bigint as row_count,
        coalesce(sum(file.byte_count), 0)::bigint as byte_count
    from anlyt.query_export_files as file where file.export_id = export.export_id
) as files
where export.role = $1 and export.tenant_id = $2 and export.caller = $3 and export.number < $4
    and ($6::uuid is null or export.export_id = $6)
order by export.number desc
limit $5

-- name: repeated_export
-- The owner's export whose request had this idempotency key.
select * from anlyt.query_exports
where role = $1 and tenant_id = $2 and caller = $3 and idempotency_key = $4

-- name: usage
-- What a tenant's exports have together until they expire.
select
    coalesce(sum(file.row_count), 0)::bigint as row_count,
    coalesce(sum(file.byte_count), 0)::bigint as byte_count
from anlyt.query_exports as export
join anlyt.query_export_files as file using (export_id)
where export.tenant_id = $1 and export.state in ('queued', 'running', 'done')

-- name: withdraw_export
-- Expires a finished export early, for a reason.
update anlyt.query_exports set state = 'expired', reason = $2, expires_at = clock_timestamp()
where export_id = $1 and state = 'done'
