-- The hash of each call detail record from {begin} until {end} that the stream stored from the instant {from} until
-- {before}, in the order of a leaf: netstrings of its columns; the amount is in millionths. `period`: the latest of {cuts}
-- that is not after that instant.
with {stored_at} as stored_at
select
    tenant_id,
    roundDown(toUInt64(stored_at), {cuts:Array(UInt64)}) as period,
    SHA256(arrayStringConcat(arrayMap(
        text -> concat(toString(length(text)), ':', text, ','),
        [
            toString(toUnixTimestamp64Micro(event_time)),
            toString(stored_at),
            toString(tenant_id),
            toString(account_id),
            toString(mno),
            toString(lane),
            toString(operator_id),
            toString(direction),
            toString(destination_prefix),
            toString(status),
            cdr_id,
            message_id,
            toString(segment_count),
            toString(reinterpretAsInt128(charge_amount)),
            toString(currency)
        ]
    ))) as hash
from anlyt.facts_cdr final
where event_time >= {begin:DateTime64(6, 'UTC')}
    and event_time < {end:DateTime64(6, 'UTC')}
    and stored_at >= {from:UInt64}
    and stored_at < {before:UInt64}
order by tenant_id, period, event_time, event_key
