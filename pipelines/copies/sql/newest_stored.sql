-- When the streams stored the newest of the events from $1 until $2 that are counted; nanoseconds since 1970.
select coalesce(max(stored_ns), 0) from anlyt.processed_events where event_at >= $1 and event_at < $2
