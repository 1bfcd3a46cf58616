-- The row of a run that begins.
insert into anlyt.pipeline_runs (name) values ($1) returning id
