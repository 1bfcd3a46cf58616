-- Remembers messages of function $1 that do not count, and adds those that are new to its ledger. A message that a
-- redelivery brings again is there already.
with entered as (
    insert into anlyt.uncounted_messages (function, stored_ns, outcome, event_hour, currency, amount, is_refund)
    select $1, stored_ns, outcome, event_hour, currency, amount, is_refund
    from unnest($2::int8[], $3::text[], $4::timestamptz[], $5::text[], $6::numeric[], $7::bool[])
        as t(stored_ns, outcome, event_hour, currency, amount, is_refund)
    order by stored_ns
    on conflict (function, stored_ns) do nothing
    returning *
)
insert into anlyt.message_outcomes as o (
    function, stored_hour, event_hour, outcome, currency, messages, amount, refunds, refunded
)
select
    function,
    'epoch'::timestamptz + stored_ns / 3600000000000 * interval '1 hour' as stored_hour,
    event_hour,
    outcome,
    currency,
    count(*),
    sum(amount),
    count(*) filter (where is_refund),
    coalesce(-sum(amount) filter (where is_refund), 0)
from entered
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5
on conflict (function, stored_hour, event_hour, outcome, currency) do update set
    messages = o.messages + excluded.messages,
    amount = o.amount + excluded.amount,
    refunds = o.refunds + excluded.refunds,
    refunded = o.refunded + excluded.refunded
