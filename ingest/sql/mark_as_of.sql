-- Moves a projection's newest event time forward.
insert into anlyt.data_as_of as a (projection, newest_event_at) values ($1, $2)
on conflict (projection) do update set newest_event_at = excluded.newest_event_at
where a.newest_event_at < excluded.newest_event_at
