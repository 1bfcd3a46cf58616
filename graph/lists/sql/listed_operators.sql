-- Up to $2 operators of the hourly rows and of the archive, from $1 (null: the start) on. Each step goes from one operator
-- to the nearest next one by an index, however many rows lie between. The last row may be null.
with recursive listed (operator_id, number) as (
    select {nearest}(
        (
            select operator_id
            from (select scope_id as operator_id from anlyt.metrics_hourly where scope = 'OPERATOR') as hours
            where {start} order by operator_id {order} limit 1
        ),
        (
            select operator_id from anlyt.archived_operators where {start} order by operator_id {order} limit 1
        )
    ), 1
    union all
    select {nearest}(
        (
            select hours.operator_id
            from (select scope_id as operator_id from anlyt.metrics_hourly where scope = 'OPERATOR') as hours
            where hours.operator_id {beyond} listed.operator_id order by hours.operator_id {order} limit 1
        ),
        (
            select archived.operator_id
            from anlyt.archived_operators as archived
            where archived.operator_id {beyond} listed.operator_id order by archived.operator_id {order} limit 1
        )
    ), number + 1
    from listed
    where listed.operator_id is not null and number < $2::int
)
select operator_id, number from listed
