-- Deletes the daily rows that a killed run wrote of a batch.
delete from anlyt.metrics_daily_archive where batch = {batch:Int64} and day_bucket between {first:Date} and {last:Date}
