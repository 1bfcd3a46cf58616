-- Rows of runs long ago: some pipelines run every few seconds.
delete from anlyt.pipeline_runs where name = $1 and started < clock_timestamp() - interval '90 days'
