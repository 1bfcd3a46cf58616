-- Newest event time whose effect is in a cube, in microseconds since 1970; null while it is empty.
select if(count() = 0, null, toUnixTimestamp64Micro(max(newest_event_at))) from data_as_of where cube = {table:String}
