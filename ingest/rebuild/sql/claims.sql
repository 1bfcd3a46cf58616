-- Claims what was counted into new cells from hour $1 on. Of copies that differ, the new cells have the one that the
-- stream stored first, whichever was claimed before.
insert into anlyt.processed_events as claims (event_at, event_key, stored_ns)
select event_at, event_key, stored_ns from anlyt_rebuild.processed_events where event_at >= $1 order by 1, 2
on conflict (event_at, event_key) do update set stored_ns = excluded.stored_ns
where claims.stored_ns <> excluded.stored_ns
