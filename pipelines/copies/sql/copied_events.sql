-- Events that are facts of more than one tenant: time in microseconds since 1970, and key.
select toUnixTimestamp64Micro(event_time), event_key
from anlyt.facts_dlr
where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    and toStartOfMinute(event_time) in JSONExtract(%(minutes)s, 'Array(DateTime(\'UTC\'))')
group by event_time, event_key
having min(tenant_id) != max(tenant_id)
