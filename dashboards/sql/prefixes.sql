-- The destination prefixes in the time range. Needs no FINAL: copies of a report have the same prefix.
select distinct destination_prefix from anlyt.facts_dlr where $__timeFilter(event_time) order by destination_prefix
