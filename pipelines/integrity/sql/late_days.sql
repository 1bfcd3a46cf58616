-- Days before {until} with facts that the stream stored from the instant {from} until {before}, and the newest such
-- instant of each. Copies that FINAL would hide are among them. What `ver` is: schema/facts.py.
with
    9223372036854775808 - ver as left,
    if(left < 2251799813685248, left, intDiv(left, 1000)) as stored_at
select toDate(event_time, 'UTC') as day, max(stored_at) as stored
from anlyt.facts_compliance
where stored_at >= {from:UInt64} and stored_at < {before:UInt64} and event_time < toDateTime64({until:Date}, 6, 'UTC')
group by day
order by day
