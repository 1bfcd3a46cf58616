-- Removes what a run that was killed had written of a batch.
delete from anlyt.metrics_daily_archive where batch = {batch:Int64} and day_bucket between {first:Date} and {last:Date}
