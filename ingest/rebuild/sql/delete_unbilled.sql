-- Deletes cells from hour $1 on that have neither a billing event nor a delivery report: a report is always counted.
delete from anlyt.metrics_hourly as m
where hour_bucket >= $1
    and m.delivered_messages = 0 and m.failed_messages = 0 and m.pending_messages = 0
    and not exists (
        select from anlyt_rebuild.metrics_hourly as s
        where (s.scope, s.scope_id, s.hour_bucket) = (m.scope, m.scope_id, m.hour_bucket)
    )
