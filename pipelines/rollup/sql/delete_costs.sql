-- Deletes the daily costs of day $1.
delete from anlyt.costs_daily where day_bucket = $1
