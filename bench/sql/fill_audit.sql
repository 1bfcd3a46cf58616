-- Fills one day with compliance evaluations of 200 tenants. Few tenants send most of the messages.
insert into anlyt.facts_compliance
select
    concat('tenant-', toString(toUInt32(pow(rand(1) / 4294967296, 3) * {tenants:UInt32}))),
    {day:DateTime('UTC')} + toIntervalMicrosecond(rand64(2) % 86400000000),
    rand64(3),
    concat('acc-', toString(rand(4) % 1000)),
    ['AWCC', 'ROSHAN', 'ETISALAT_AF', 'MTN_AF', 'SALAAM'][rand(6) % 5 + 1],
    ['OTP', 'TRANSACTIONAL', 'MARKETING'][rand(7) % 3 + 1],
    ['ALLOW', 'ALLOW', 'ALLOW', 'FLAG', 'BLOCK'][rand(8) % 5 + 1] as verdict,
    concat('eval-', hex(rand64(9))),
    concat('msg-', hex(rand64(10))),
    if(verdict = 'ALLOW', [], ['r-1']),
    if(verdict = 'ALLOW', [], ['Marketing at night']),
    if(verdict = 'ALLOW', [], ['QUIET_HOURS']),
    if(verdict = 'ALLOW', [], [verdict]),
    'rs-1',
    '7',
    rand(11) % 50,
    9223372036854775808 - toUnixTimestamp64Micro(toDateTime64({day:DateTime('UTC')}, 6)) - 90000000000
from numbers({rows:UInt64})
