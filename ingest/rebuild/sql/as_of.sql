-- The newest event that was counted into new cells from hour $1 on.
select max(event_at) from anlyt_rebuild.processed_events where event_at >= $1
