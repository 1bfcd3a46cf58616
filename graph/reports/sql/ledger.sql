-- The ledger of functions $3 (with their streams, $4) for messages stored from $1 until $2, as JSON: outcomes by function,
-- hour and currency; and per hour what the stream stored, and how much of that may be waiting.
with functions as (
    select * from unnest($3::text[], $4::text[]) as t(function, stream)
), made as (
    select stream, max(stream_made_at) as newest from anlyt.stream_hours group by stream
), hours as (
    select
        functions.function,
        h.hour,
        sum(h.stored)::int8 as stored,
        bool_and(h.closed) as closed,
        -- Only the newest stream of a name delivers messages.
        sum(case when h.stream_made_at = made.newest then
            greatest(h.first_sequence + h.stored - greatest(coalesce(s.settled, 0) + 1, h.first_sequence), 0)
        else 0 end)::int8 as unsettled
    from functions
    join anlyt.stream_hours as h using (stream)
    join made using (stream)
    left join anlyt.sources as s on s.function = functions.function and s.stream_made_at = h.stream_made_at
    where h.hour >= $1 and h.hour < $2
    group by 1, 2
), outcomes as (
    select function, stored_hour as hour, outcome, currency, sum(messages)::int8 as messages, sum(amount) as amount
    from anlyt.message_outcomes
    where function = any($3) and stored_hour >= $1 and stored_hour < $2
    group by 1, 2, 3, 4
    having sum(messages) <> 0 or sum(amount) <> 0
)
select json_build_object(
    'since', (select nullif(since, '-infinity') from anlyt.ledger),
    'dataAsOf', (select max(newest_event_at) from anlyt.data_as_of),
    'hours', (select coalesce(json_agg(hours), '[]') from hours),
    'outcomes', (
        select coalesce(json_agg(json_build_object(
            'function', function, 'hour', hour, 'outcome', outcome, 'currency', currency,
            'messages', messages, 'amount', amount::numeric(38, 6)::text
        )), '[]') from outcomes
    )
)::text
