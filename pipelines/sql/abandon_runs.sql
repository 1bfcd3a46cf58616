-- Closes the rows of runs that were killed: whoever holds the pipeline's lease knows that no other run is alive.
update anlyt.pipeline_runs
set status = 'ABANDONED', finished = clock_timestamp(), error = 'The process ended before the run did.'
where name = $1 and status = 'RUNNING'
