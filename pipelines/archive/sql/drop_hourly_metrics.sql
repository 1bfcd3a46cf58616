-- Deletes the hourly metrics from $1 until $2.
delete from anlyt.metrics_hourly where scope in ('PLATFORM', 'OPERATOR', 'ACCOUNT') and hour_bucket >= $1 and hour_bucket < $2
