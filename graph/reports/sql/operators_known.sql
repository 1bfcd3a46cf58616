-- Those of some operators ($1) for which anything was ever counted, here or in the archive.
select coalesce(array_agg(operator_id), '{}')
from unnest($1::text[]) as asked (operator_id)
where exists (
    select from anlyt.metrics_hourly where scope = 'OPERATOR' and scope_id = asked.operator_id
) or exists (
    select from anlyt.archived_operators as archived where archived.operator_id = asked.operator_id
)
