-- Notes the cells whose peak ($4) may be that of a discarded copy.
insert into anlyt.contested_peaks (scope, scope_id, hour_bucket)
select t.scope, t.scope_id, t.hour
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::int8[]) as t(scope, scope_id, hour, peak)
join anlyt.metrics_hourly as m on (m.scope, m.scope_id, m.hour_bucket) = (t.scope, t.scope_id, t.hour)
where m.peak_tps <= t.peak
on conflict do nothing
