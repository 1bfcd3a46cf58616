-- Newest event time of a fact table, in microseconds since 1970: its parts know it, no row is read.
select if(count() = 0, null, toUnixTimestamp64Micro(max(event_time))) from {table:Identifier}
