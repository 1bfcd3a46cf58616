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

-- The newest claim that went with a partition of the day; it stays when a late event has the partition made again.
alter table anlyt.event_days add column forgotten_claim_at timestamptz;

-- Drops a day's partition of the ledger unless something was claimed in it at `horizon` or later (schema/dedup.py has
-- the rule); returns whether it did. The parent is locked first, as by an insert: in the other order, they would
-- deadlock.
create function anlyt.forget_day(forgotten date, horizon timestamptz) returns boolean language plpgsql as $$
declare
    child text := 'processed_events' || to_char(forgotten, '_YYYYMMDD');
begin
    lock table only anlyt.processed_events in access exclusive mode;
    if not exists (select from pg_class where relname = child and relnamespace = 'anlyt'::regnamespace)
        or exists (select from anlyt.event_days where day = forgotten and newest_claim_at >= horizon) then
        return false;
    end if;
    update anlyt.event_days set forgotten_claim_at = newest_claim_at where day = forgotten and newest_claim_at is not null;
    execute format('drop table anlyt.%I', child);
    return true;
end
$$;
