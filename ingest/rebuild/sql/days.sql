-- The event days from hour $1 on that have figures or are about to have some, in order.
select day from anlyt.event_days where day >= ($1::timestamptz at time zone 'UTC')::date
union
select distinct (event_at at time zone 'UTC')::date from anlyt_rebuild.processed_events where event_at >= $1
order by day
