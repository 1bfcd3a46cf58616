-- Fills one day with delivery reports of 200 tenants. Few tenants send most of the messages.
insert into anlyt.facts_dlr
select
    concat('tenant-', toString(toUInt32(pow(rand(1) / 4294967296, 3) * {tenants:UInt32}))),
    {day:DateTime('UTC')} + toIntervalMicrosecond(rand64(2) % 86400000000),
    rand64(3),
    concat('acc-', toString(rand(4) % 1000)),
    concat('op-', toString(rand(5) % 8)),
    ['AWCC', 'ROSHAN', 'ETISALAT_AF', 'MTN_AF', 'SALAAM'][rand(6) % 5 + 1],
    ['OTP', 'TRANSACTIONAL', 'MARKETING'][rand(7) % 3 + 1],
    'MT',
    ['9370', '9372', '9373', '9376', '9374'][rand(6) % 5 + 1],
    ['DELIVERED', 'DELIVERED', 'DELIVERED', 'FAILED', 'PENDING'][rand(8) % 5 + 1],
    null,
    toUInt32(exp(7 + randNormal(0, 0.7))),
    rand(9) % 400,
    1
from numbers({rows:UInt64})
