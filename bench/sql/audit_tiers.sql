-- Each disk's share of the facts.
select disk_name, sum(rows) / sum(sum(rows)) over () as share
from system.parts
where active and database = 'anlyt' and table = 'facts_compliance'
group by disk_name
order by share desc
