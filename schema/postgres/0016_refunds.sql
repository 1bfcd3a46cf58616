-- How many REFUNDED events a cell counts; they are taken off its messages already. Cells from before this step have null: not
-- counted. `anlyt backfill billing_metrics --rebuild` counts what the stream still has. No row is written, and each step
-- locks one table: two of them would wait for reports and the rollup in turn.
alter table anlyt.metrics_hourly add column refunded_messages bigint;
alter table anlyt.metrics_hourly alter column refunded_messages set default 0;
