-- The facts of some events, each tenant's once, as copies.Fact has them.
select toUnixTimestamp64Micro(event_time) as at, event_key, tenant_id, max(ver)
from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and (toUnixTimestamp64Micro(event_time), event_key) in JSONExtract(%(events)s, 'Array(Tuple(Int64, UInt64))')
group by event_time, event_key, tenant_id
