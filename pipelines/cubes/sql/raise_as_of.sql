-- Notes an event time whose effect a cube has now.
insert into anlyt.data_as_of select %(cube)s, fromUnixTimestamp64Micro(%(newest)s, 'UTC')
