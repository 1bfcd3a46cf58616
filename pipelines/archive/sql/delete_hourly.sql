-- Removes what a run that was killed had written of a batch.
delete from anlyt.metrics_hourly_archive where batch = {batch:Int64} and hour_bucket >= toDateTime({first:Date}, 'UTC')
    and hour_bucket < toDateTime({last:Date} + 1, 'UTC')
