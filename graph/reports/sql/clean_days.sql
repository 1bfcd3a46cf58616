-- Those of some days ($1) whose daily rows are what their hours add up to in this very snapshot.
select day from anlyt.event_days where day = any($1::date[]) and version = rolled_version
