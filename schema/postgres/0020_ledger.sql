-- What became of every message of a stream, for each function that counts in PostgreSQL. ingest writes it in the
-- transaction that counts the message, so it is as exact as the figures (decision 57).

-- Sums by the hour in which the stream stored the messages. They are only ever added to; what a copy or a rebuild takes
-- back is added with the other sign.
create table anlyt.message_outcomes (
    function text not null,
    stored_hour timestamptz not null, -- by the stream's clock
    event_hour timestamptz, -- of the event's own time; null: it cannot be read
    outcome text not null, -- 'counted', 'copy', or the reason of a dead letter
    currency text not null, -- '': the message has no amount, or none that can be read
    messages bigint not null,
    amount numeric(38, 6) not null, -- charges less refunds
    refunds bigint not null, -- messages that are refunds
    refunded numeric(38, 6) not null, -- their amount, which `amount` has subtracted
    unique nulls not distinct (function, stored_hour, event_hour, outcome, currency)
) with (fillfactor = 70);
create index message_outcomes_by_event on anlyt.message_outcomes (event_hour, function);

-- The messages that were not counted, so that a redelivery is not entered twice. A counted message is known by its
-- claim. Rows are kept for as long as claims (schema/dedup.py).
create table anlyt.uncounted_messages (
    function text not null,
    stored_ns bigint not null, -- nanoseconds since 1970; a stream stores no two messages in one
    outcome text not null,
    event_hour timestamptz,
    currency text not null,
    amount numeric(38, 6) not null,
    is_refund boolean not null,
    primary key (function, stored_ns)
);

-- How many messages a stream stored in each hour, by its own sequences: they are counted apart from the outcomes.
create table anlyt.stream_hours (
    stream text not null,
    stream_made_at timestamptz not null, -- tells apart streams of one name
    hour timestamptz not null,
    first_sequence bigint not null, -- of the hour's first message, or of the first one behind the hour
    stored bigint not null, -- so far, unless the hour is closed
    closed boolean not null, -- the stream stores no further message in the hour
    primary key (stream, stream_made_at, hour)
) with (fillfactor = 70);
create index stream_hours_by_hour on anlyt.stream_hours (hour);

-- Up to which message of its stream everything is stored here, or gone from the stream: no message up to it is waiting.
alter table anlyt.sources add column settled bigint not null default 0;

-- The ledger says nothing of what was stored before its first whole hour.
create table anlyt.ledger (
    only_row boolean primary key default true check (only_row),
    since timestamptz not null
);
insert into anlyt.ledger (since)
select case
    when exists (select from anlyt.sources) or exists (select from anlyt.event_days where newest_claim_at is not null)
        then date_trunc('hour', now(), 'UTC') + interval '1 hour'
    else '-infinity'::timestamptz
end;
