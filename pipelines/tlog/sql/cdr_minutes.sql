-- The minutes of event time of call detail records whose events the stream stored from the instant {from} until {before}.
-- Includes copies that FINAL would hide. `ver` counts down in nanoseconds, or in microseconds as it once did:
-- schema/facts.py. Both ranges are written out for the index on `ver`.
select distinct toUnixTimestamp(toStartOfMinute(event_time)) as minute
from anlyt.facts_cdr
where ver > 9223372036854775808 - {before:UInt64} * 1000 and ver <= 9223372036854775808 - {from:UInt64} * 1000
    or ver > 9223372036854775808 - {before:UInt64} and ver <= 9223372036854775808 - {from:UInt64}
order by minute
