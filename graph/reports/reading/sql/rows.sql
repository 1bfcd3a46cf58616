-- The rows of cells.sql, one by one.
select scope_id, hour, {counters}, total_cost::text as cost, bins, counts, currency from (cells) as cells
