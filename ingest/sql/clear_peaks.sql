-- Takes the peak out of cells that have no delivery report any more.
update anlyt.metrics_hourly as m
set peak_tps = 0
from unnest($1::text[], $2::text[], $3::timestamptz[]) as t(scope, scope_id, hour)
where (m.scope, m.scope_id, m.hour_bucket) = (t.scope, t.scope_id, t.hour)
    and (m.delivered_messages, m.failed_messages, m.pending_messages) = (0, 0, 0)
    and m.peak_tps <> 0
