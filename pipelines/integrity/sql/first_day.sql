-- The day of the first compliance fact of all that the stream had stored by an instant ({beyond} is its `ver`).
select toDate(min(event_time), 'UTC') as day from anlyt.facts_compliance where ver > {beyond:UInt64} having count() > 0
