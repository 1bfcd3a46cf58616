-- Seconds since the oldest mark of each cube that has one.
select cube, max(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(marked_at)) / 1000 as age
from anlyt.dirty
group by (cube)
