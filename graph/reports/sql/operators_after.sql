-- Up to $2 operators after $1 (null: from the first), by id, of hours and of the archive: from one straight to the next,
-- whatever lies between.
with recursive listed (operator_id, number) as (
    select least(
        (
            select scope_id from anlyt.metrics_hourly
            where scope = 'OPERATOR' and scope_id > coalesce($1::text, '') order by scope_id limit 1
        ),
        (
            select operator_id from anlyt.archived_operators
            where operator_id > coalesce($1::text, '') order by operator_id limit 1
        )
    ), 1
    union all
    select least(
        (
            select scope_id from anlyt.metrics_hourly
            where scope = 'OPERATOR' and scope_id > listed.operator_id order by scope_id limit 1
        ),
        (
            select operator_id from anlyt.archived_operators as archived
            where archived.operator_id > listed.operator_id order by operator_id limit 1
        )
    ), number + 1
    from listed
    where listed.operator_id is not null and number < $2::int
)
select coalesce(array_agg(operator_id order by number) filter (where operator_id is not null), '{}') from listed
