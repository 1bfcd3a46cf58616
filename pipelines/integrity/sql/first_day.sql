-- The day of the first compliance fact of all that the stream had stored before the instant {before}. What `ver` is:
-- schema/facts.py.
with
    9223372036854775808 - ver as left,
    if(left < 2251799813685248, left, intDiv(left, 1000)) as stored_at
select toDate(min(event_time), 'UTC') as day from anlyt.facts_compliance where stored_at < {before:UInt64} having count() > 0
