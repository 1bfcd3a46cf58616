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
