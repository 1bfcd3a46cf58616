-- The lanes in the time range, for the reader's choice.
select distinct lane from anlyt.cube_dlr_hourly final where $__timeFilter(hour) order by lane
