-- Removes facts, by time, key and tenant.
delete from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and (toUnixTimestamp64Micro(event_time), event_key, tenant_id)
        in JSONExtract(%(facts)s, 'Array(Tuple(Int64, UInt64, String))')
