-- What became of a run.
update anlyt.pipeline_runs
set status = $2, finished = clock_timestamp(), counts = $3::text::jsonb, error = $4
where id = $1
