-- How many operators there are, in hours and in the archive, up to $1: from one straight to the next.
with recursive listed (operator_id, number) as (
    select least(
        (select scope_id from anlyt.metrics_hourly where scope = 'OPERATOR' order by scope_id limit 1),
        (select operator_id from anlyt.archived_operators order by operator_id limit 1)
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
    where listed.operator_id is not null and number <= $1::int
)
select count(operator_id) from listed
