-- The same without latencies, and added up by the first hour of something.
select scope_id, first_hour as hour, {counters_summed}, sum(total_cost)::text as cost, null as bins, null as counts, currency
from (cells) as cells
group by scope_id, currency, 2
