-- Copies of a report have its prefix, so they need not be taken out.
select distinct destination_prefix from anlyt.facts_dlr where $__timeFilter(event_time) order by destination_prefix
