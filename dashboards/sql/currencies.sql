-- The currencies in the time range, for the reader's choice.
select distinct currency from anlyt.cube_cdr_daily final where $__timeFilter(day) order by currency
