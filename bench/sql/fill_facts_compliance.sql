-- Fills one hour with compliance evaluations of 200 tenants. One in twenty has a finding.
insert into anlyt.facts_compliance
with
    cityHash64(number) as h,
    toUInt32(floor(200 * pow(h % 10007 / 10007., 3))) as tenant,
    if(h % 20 = 0, [toString(intDiv(h, 29) % 40)], []) as found
select
    concat('tenant-', leftPad(toString(tenant), 3, '0')),
    toDateTime64({hour:DateTime('UTC')}, 6, 'UTC')
        + toIntervalMicrosecond(intDiv(3600000000 * number, {rows:UInt64})),
    sipHash64(number),
    concat('acc-', toString(tenant * 5 + intDiv(h, 17) % 5)),
    ['AWCC', 'ROSHAN', 'ETISALAT_AF', 'MTN_AF', 'SALAAM'][intDiv(h, 7) % 5 + 1],
    ['OTP', 'TRANSACTIONAL', 'MARKETING'][intDiv(h, 11) % 3 + 1],
    if(empty(found), 'ALLOW', ['FLAG', 'HOLD', 'BLOCK'][intDiv(h, 31) % 3 + 1]),
    toString(generateUUIDv4(1)),
    toString(generateUUIDv4(2)),
    arrayMap(id -> concat('rule-', id), found),
    arrayMap(id -> concat('Rule ', id), found),
    arrayMap(id -> 'KEYWORD', found),
    arrayMap(id -> 'BLOCK', found),
    'rules-default',
    'v7',
    toUInt32(randLogNormal(2.0, 0.6)),
    toUInt64(9223372036854775808 - toUnixTimestamp(now()))
from numbers({rows:UInt64})
