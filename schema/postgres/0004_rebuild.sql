-- Which incarnations of its stream each function has read. A rebuild from a stream that still has every message knows by
-- it whether that are all the messages there ever were.
create table anlyt.sources (
    function text not null,
    stream_made_at timestamptz not null,
    primary key (function, stream_made_at)
);

-- What was counted before this table was there came from a stream that nobody noted.
insert into anlyt.sources (function, stream_made_at)
select function, '-infinity' from unnest(array['billing_metrics', 'delivery_metrics']) as function
where exists (select from anlyt.event_days where newest_claim_at is not null);
