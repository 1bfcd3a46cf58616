-- What the reader may choose: those of the time range.
select distinct lane from anlyt.cube_dlr_hourly final where $__timeFilter(hour) order by lane
