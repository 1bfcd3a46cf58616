-- Fills one day with delivery reports. The share of tenant n of {tenants} is about 1/n of the largest's (Zipf's law).
-- Everything follows from the number and the seed. A tenant has five accounts.
insert into anlyt.facts_dlr
with
    cityHash64(number, {seed:UInt32}, {day:DateTime('UTC')}) as h,
    toUInt32(floor(exp(h % 1000003 / 1000003. * log({tenants:UInt32} + 1)))) - 1 as tenant,
    intDiv(h, 13) % 100 as outcome,
    intDiv(h, 31) % 5 as operator
select
    concat('tenant-', leftPad(toString(tenant), 3, '0')),
    {day:DateTime('UTC')} + toIntervalMicrosecond(intDiv(86400000000, {count:UInt64}) * (number - {first:UInt64})),
    sipHash64(number, h),
    concat('acc-', toString(tenant * 5 + intDiv(h, 17) % 5)),
    concat('op-', toString(operator)),
    ['AWCC', 'ROSHAN', 'ETISALAT_AF', 'MTN_AF', 'SALAAM'][operator + 1],
    ['OTP', 'TRANSACTIONAL', 'MARKETING'][intDiv(h, 11) % 3 + 1],
    if(h % 101 < 3, 'MO', 'MT'),
    concat('937', toString(intDiv(h, 19) % 9)),
    multiIf(outcome < 90, 'DELIVERED', outcome < 98, 'FAILED', 'PENDING'),
    if(outcome < 90 or outcome >= 98, null, concat('0', toString(intDiv(h, 23) % 30))),
    toUInt32(500 + intDiv(h, 37) % 2000 + if(h % 20 = 0, 10000, 0)),
    200 + intDiv(h, 29) % 300,
    toUInt64(9223372036854775808 - toUnixTimestamp(now()))
from numbers({first:UInt64}, {count:UInt64})
