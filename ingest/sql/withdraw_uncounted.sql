-- Takes the messages of function $1 that were stored at $2 back from those that do not count: they are counted now.
with withdrawn as (
    delete from anlyt.uncounted_messages where function = $1 and stored_ns = any($2::int8[]) returning *
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
    -count(*),
    -sum(amount),
    -count(*) filter (where is_refund),
    coalesce(sum(amount) filter (where is_refund), 0)
from withdrawn
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5
on conflict (function, stored_hour, event_hour, outcome, currency) do update set
    messages = o.messages + excluded.messages,
    amount = o.amount + excluded.amount,
    refunds = o.refunds + excluded.refunds,
    refunded = o.refunded + excluded.refunded
