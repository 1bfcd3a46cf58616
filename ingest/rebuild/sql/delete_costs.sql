-- Deletes cost from hour $1 on in currencies in which nothing was billed.
delete from anlyt.costs_hourly as c
where hour_bucket >= $1
    and not exists (
        select from anlyt_rebuild.costs_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket, s.currency) = (c.scope, c.scope_id, c.hour_bucket, c.currency)
    )
