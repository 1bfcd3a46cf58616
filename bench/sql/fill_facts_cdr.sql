-- Fills one hour with call detail records of 200 tenants. Ids are UUIDs, as producers make them.
insert into anlyt.facts_cdr
with cityHash64(number) as h, toUInt32(floor(200 * pow(h % 10007 / 10007., 3))) as tenant
select
    concat('tenant-', leftPad(toString(tenant), 3, '0')),
    toDateTime64({hour:DateTime('UTC')}, 6, 'UTC')
        + toIntervalMicrosecond(intDiv(3600000000 * number, {rows:UInt64})),
    sipHash64(number),
    concat('acc-', toString(tenant * 5 + intDiv(h, 17) % 5)),
    concat('op-', toString(intDiv(h, 7) % 8)),
    ['AWCC', 'ROSHAN', 'ETISALAT_AF', 'MTN_AF', 'SALAAM'][intDiv(h, 7) % 5 + 1],
    ['OTP', 'TRANSACTIONAL', 'MARKETING'][intDiv(h, 11) % 3 + 1],
    'MT',
    concat('937', toString(intDiv(h, 19) % 9)),
    if(h % 100 < 92, 'DELIVERED', 'FAILED'),
    toString(generateUUIDv4(1)),
    toString(generateUUIDv4(2)),
    1 + h % 3,
    toDecimal64(0.0125, 6) * (1 + h % 3),
    if(h % 4 = 0, 'AFN', 'USD'),
    toUInt64(9223372036854775808 - toUnixTimestamp(now()))
from numbers({rows:UInt64})
