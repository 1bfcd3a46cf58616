-- Deletes the hourly costs from $1 until $2.
delete from anlyt.costs_hourly where hour_bucket >= $1 and hour_bucket < $2
