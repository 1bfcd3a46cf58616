-- Claims what was counted into new cells from hour $1 on; what is claimed already stays so.
insert into anlyt.processed_events (event_at, event_key)
select event_at, event_key from anlyt_rebuild.processed_events where event_at >= $1 order by 1, 2
on conflict do nothing
