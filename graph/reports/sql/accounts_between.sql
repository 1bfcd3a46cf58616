-- The accounts with an event from $1 until $2: from one account straight to the next, whatever lies between.
with recursive active (account) as (
    (
        select scope_id
        from anlyt.metrics_hourly
        where scope = 'ACCOUNT' and hour_bucket >= $1 and hour_bucket < $2
        order by scope_id
        limit 1
    )
    union all
    select (
        select scope_id
        from anlyt.metrics_hourly
        where scope = 'ACCOUNT' and scope_id > active.account and hour_bucket >= $1 and hour_bucket < $2
        order by scope_id
        limit 1
    )
    from active
    where active.account is not null
)
select coalesce(array_agg(account) filter (where account is not null), '{}') from active
