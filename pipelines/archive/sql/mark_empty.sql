-- Day $1 has no rows any more, hourly or daily: these agree.
update anlyt.event_days set rolled_version = version where day = $1
