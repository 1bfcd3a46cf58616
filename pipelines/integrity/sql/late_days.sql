-- Days before {until} with facts that the stream stored between two instants ({from} and {beyond} are their `ver`), and
-- the newest such instant of each, in microseconds. Copies that FINAL would hide are among them.
select toDate(event_time, 'UTC') as day, max(9223372036854775808 - ver) as stored
from anlyt.facts_compliance
where ver <= {from:UInt64} and ver > {beyond:UInt64} and event_time < toDateTime64({until:Date}, 6, 'UTC')
group by day
order by day
