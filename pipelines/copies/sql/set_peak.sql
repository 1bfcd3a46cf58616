-- Sets the peak of a cell that is still at its version ($5); returns whether it was.
update anlyt.metrics_hourly set peak_tps = $4, updated_at = now()
where (scope, scope_id, hour_bucket) = ($1, $2, $3::timestamptz) and xmin::text = $5
returning true
