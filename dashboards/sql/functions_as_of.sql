-- The newest event that each function has counted.
select projection, newest_event_at as "newest event" from anlyt.data_as_of order by projection
