-- Seconds since the oldest mark of each cube that has one.
select cube, max(dateDiff('millisecond', marked_at, now64(3))) / 1000 as age from anlyt.dirty group by (cube)
