-- The cells whose peak a discarded copy may have told, with what they count now; no version where there is no such cell.
select scope, scope_id, hour_bucket, m.xmin::text as version,
    coalesce(m.delivered_messages + m.failed_messages + m.pending_messages, 0) as events
from anlyt.contested_peaks
left join anlyt.metrics_hourly as m using (scope, scope_id, hour_bucket)
order by hour_bucket, scope, scope_id
limit 10000
