-- An event time whose effect is in a cube now.
insert into anlyt.data_as_of select %(cube)s, fromUnixTimestamp64Micro(%(newest)s, 'UTC')
