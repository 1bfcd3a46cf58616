-- Deletes the daily rows of day $1.
delete from anlyt.metrics_daily where day_bucket = $1
