-- The newest event time of each projection.
select coalesce(array_agg((projection, newest_event_at)), '{}') from anlyt.data_as_of
