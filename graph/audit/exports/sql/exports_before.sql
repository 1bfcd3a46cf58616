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
