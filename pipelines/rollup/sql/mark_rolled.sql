-- Day $1 is added up as it was at version $2; it stays dirty if it has changed since.
update anlyt.event_days set rolled_version = $2 where day = $1
