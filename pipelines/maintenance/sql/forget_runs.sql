-- Forgets runs of pipelines.
delete from anlyt.pipeline_runs where id = any($1::int8[])
