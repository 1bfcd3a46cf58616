-- How many operators there are, up to $1: from one straight to the next.
with recursive listed (operator_id, number) as (
    (select scope_id, 1 from anlyt.metrics_hourly where scope = 'OPERATOR' order by scope_id limit 1)
    union all
    select (
        select scope_id
        from anlyt.metrics_hourly
        where scope = 'OPERATOR' and scope_id > listed.operator_id
        order by scope_id
        limit 1
    ), number + 1
    from listed
    where listed.operator_id is not null and number <= $1::int
)
select count(operator_id) from listed
