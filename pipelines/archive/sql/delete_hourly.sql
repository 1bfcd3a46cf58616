-- Deletes the hourly rows that a killed run wrote of a batch.
delete from anlyt.metrics_hourly_archive where batch = {batch:Int64} and hour_bucket >= toDateTime({first:Date}, 'UTC')
    and hour_bucket < toDateTime({last:Date} + 1, 'UTC')
