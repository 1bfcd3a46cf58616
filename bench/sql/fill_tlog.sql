-- Fills compliance evaluations that happened and were stored within some seconds from the instant {begin}.
insert into anlyt.facts_compliance
select
    concat('tenant-', toString(rand(1) % {tenants:UInt32})),
    fromUnixTimestamp64Micro(toInt64({begin:Int64} + rand64(2) % ({seconds:UInt32} * 1000000)), 'UTC') as at,
    rand64(3),
    concat('acc-', toString(rand(4) % 1000)),
    'AWCC',
    'OTP',
    'ALLOW',
    concat('eval-', hex(rand64(9))),
    concat('msg-', hex(rand64(10))),
    [],
    [],
    [],
    [],
    'rs-1',
    '7',
    rand(11) % 50,
    9223372036854775808 - toUnixTimestamp64Micro(at)
from numbers({rows:UInt64})
