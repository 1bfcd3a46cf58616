-- Notes that day $1 was added up at version $2; the day stays dirty if it has changed since.
update anlyt.event_days set rolled_version = $2 where day = $1
