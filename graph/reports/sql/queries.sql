-- name: operators_known
-- Those operators of $1 for which anything was ever counted, in the hourly rows or the archive.
select coalesce(array_agg(operator_id), '{}')
from unnest($1::text[]) as given (operator_id)
where exists (
    select from anlyt.metrics_hourly where scope = 'OPERATOR' and scope_id = given.operator_id
) or exists (
    select from anlyt.archived_operators as archived where archived.operator_id = given.operator_id
)

-- name: freshness
-- The newest event time of each projection.
select coalesce(array_agg((projection, newest_event_at)), '{}') from anlyt.data_as_of
