-- What the reader may choose: those of the time range.
select distinct currency from anlyt.cube_cdr_daily final where $__timeFilter(day) order by currency
