-- Up to $2 operators before $1 (null: from the last), by id downwards, of hours and of the archive: from one straight to
-- the next.
with recursive listed (operator_id, number) as (
    select greatest(
        (
            select scope_id from anlyt.metrics_hourly
            where scope = 'OPERATOR' and ($1::text is null or scope_id < $1) order by scope_id desc limit 1
        ),
        (
            select operator_id from anlyt.archived_operators
            where $1::text is null or operator_id < $1 order by operator_id desc limit 1
        )
    ), 1
    union all
    select greatest(
        (
            select scope_id from anlyt.metrics_hourly
            where scope = 'OPERATOR' and scope_id < listed.operator_id order by scope_id desc limit 1
        ),
        (
            select operator_id from anlyt.archived_operators as archived
            where archived.operator_id < listed.operator_id order by operator_id desc limit 1
        )
    ), number + 1
    from listed
    where listed.operator_id is not null and number < $2::int
)
select coalesce(array_agg(operator_id order by number) filter (where operator_id is not null), '{}') from listed
