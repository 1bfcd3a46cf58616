-- When each pipeline last succeeded, whichever process ran it.
select name, max(finished) as finished from anlyt.pipeline_runs where status = 'SUCCEEDED' group by name
