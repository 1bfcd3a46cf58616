-- How many REFUNDED events an hour or a day counts; null where it was archived before they were counted.
alter table anlyt.metrics_hourly_archive add column if not exists refunded_messages Nullable(Int64) codec(ZSTD);

alter table anlyt.metrics_daily_archive add column if not exists refunded_messages Nullable(Int64) codec(ZSTD);
