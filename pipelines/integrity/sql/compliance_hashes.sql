-- The hash of each compliance fact from {begin} until {end} that the stream stored from the instant {from} until {before},
-- in the order of a leaf: netstrings of the fact's columns, then of each finding's four. `period`: the latest of {cuts} that
-- is not after that instant.
with {stored_at} as stored_at
select
    tenant_id,
    roundDown(toUInt64(stored_at), {cuts:Array(UInt64)}) as period,
    SHA256(arrayStringConcat(arrayMap(
        text -> concat(toString(length(text)), ':', text, ','),
        arrayConcat(
            [
                toString(toUnixTimestamp64Micro(event_time)),
                toString(stored_at),
                toString(tenant_id),
                toString(account_id),
                toString(mno),
                toString(lane),
                toString(verdict),
                evaluation_id,
                message_id,
                toString(rule_set_id),
                toString(rule_set_version),
                toString(evaluation_latency_ms)
            ],
            -- If tampering made the arrays unequal, missing elements are empty texts, not errors.
            arrayFlatten(arrayMap(
                finding -> [
                    toString(rule_ids[finding]),
                    toString(rule_names[finding]),
                    toString(rule_types[finding]),
                    toString(rule_actions[finding])
                ],
                range(1, 1 + greatest(length(rule_ids), length(rule_names), length(rule_types), length(rule_actions)))
            ))
        )
    ))) as hash
from anlyt.facts_compliance final
where event_time >= {begin:DateTime64(6, 'UTC')}
    and event_time < {end:DateTime64(6, 'UTC')}
    and stored_at >= {from:UInt64}
    and stored_at < {before:UInt64}
order by tenant_id, period, event_time, event_key
