-- How many differences the newest run that came to its end has found.
select (counts ->> 'differences')::integer
from anlyt.pipeline_runs
where name = 'integrity' and status = 'SUCCEEDED'
order by id desc
limit 1
